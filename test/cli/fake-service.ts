/** A small shop behind real HTTP that can be asked to lie, to refuse and to be busy: what `replay` must cope with and see. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

interface Movement {
  version: number
  type: string
  onHandDelta: number
  reservedDelta: number
  onHand: number
  reserved: number
  orderId: string | null
}

interface FakeProduct {
  readonly id: string
  readonly name: string
  readonly movements: Array<Movement>
  onHand: number
  reserved: number
}

interface Body {
  readonly name: string
  readonly onHand: number
  readonly customerId: string
  readonly lines: ReadonlyArray<{ readonly productId: string; readonly quantity: number }>
}

export class FakeService {
  readonly products = new Map<string, FakeProduct>()
  readonly orders = new Map<string, { readonly id: string; readonly customerId: string }>()
  /** Every order request that arrived: its key and its customer. */
  readonly requests: Array<{ readonly key: string; readonly body: Body }> = []
  /** Answers instead of the shop, when it gives one. */
  interfere: (request: { readonly path: string; readonly key: string; readonly count: number }) => Canned | null = () =>
    null
  /** Given the books before they are read; the place to lie. */
  cook: (product: FakeProduct) => void = () => undefined
  private readonly answers = new Map<string, Canned>()
  private readonly server: Server
  private readonly seen = new Map<string, number>()

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response))
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const answer = this.answer(request, text === "" ? null : (JSON.parse(text) as Body))
    if (answer.status === 0) return void request.socket.destroy()
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers })
    response.end(JSON.stringify(answer.body))
  }

  private answer(request: IncomingMessage, body: Body | null): Canned {
    const url = new URL(request.url!, "http://fake")
    const key = String(request.headers["idempotency-key"] ?? "")
    const count = (this.seen.get(key) ?? 0) + 1
    this.seen.set(key, count)
    if (url.pathname === "/v1/orders" && body !== null) this.requests.push({ key, body })
    const interference = this.interfere({ path: url.pathname, key, count })
    if (interference !== null) return interference
    if (url.pathname === "/livez") return { status: 200, body: {} }
    if (request.method === "GET") return this.read(url)
    const known = this.answers.get(key)
    if (known !== undefined) return known
    const answer = url.pathname === "/v1/orders" ? this.place(body!) : this.create(body!)
    if (answer.status < 300) this.answers.set(key, answer)
    return answer
  }

  private read(url: URL): Canned {
    const [, , kind, id, , rest] = url.pathname.split("/")
    if (kind === "orders") {
      const order = this.orders.get(id!)
      return order === undefined ? problem(404, "order-not-found") : { status: 200, body: order }
    }
    const product = this.products.get(id!)
    if (product === undefined) return problem(404, "product-not-found")
    this.cook(product)
    if (rest !== "movements") return { status: 200, body: view(product) }
    const newestFirst = product.movements.toReversed()
    const from = Number(url.searchParams.get("cursor") ?? 0)
    const to = from + Number(url.searchParams.get("limit"))
    const hasMore = to < newestFirst.length
    return {
      status: 200,
      body: { data: newestFirst.slice(from, to), hasMore, nextCursor: hasMore ? String(to) : null },
    }
  }

  create({ name, onHand }: Body): Canned {
    const product: FakeProduct = { id: `p${this.products.size + 1}`, name, movements: [], onHand: 0, reserved: 0 }
    this.products.set(product.id, product)
    this.move(product, "created", onHand, 0, null)
    return { status: 201, body: { id: product.id } }
  }

  /** Reserves and confirms at once, all lines or none. */
  place({ customerId, lines }: Body): Canned {
    for (const { productId, quantity } of lines) {
      const { onHand, reserved } = this.products.get(productId)!
      if (onHand - reserved < quantity) return problem(409, "insufficient-stock")
    }
    const id = `o${this.orders.size + 1}`
    this.orders.set(id, { id, customerId })
    for (const { productId, quantity } of lines) {
      const product = this.products.get(productId)!
      this.move(product, "reserved", 0, quantity, id)
      this.move(product, "confirmed", -quantity, -quantity, id)
    }
    return { status: 201, body: { id, status: "paid" } }
  }

  move(product: FakeProduct, type: string, onHandDelta: number, reservedDelta: number, orderId: string | null): void {
    product.onHand += onHandDelta
    product.reserved += reservedDelta
    const { onHand, reserved } = product
    const version = product.movements.length + 1
    product.movements.push({ version, type, onHandDelta, reservedDelta, onHand, reserved, orderId })
  }
}

/** Status 0 hangs up without an answer. */
export interface Canned {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export const problem = (status: number, code: string): Canned => ({ status, body: { code, title: code } })

const view = ({ movements, onHand, reserved }: FakeProduct) => ({
  onHand,
  reserved,
  available: onHand - reserved,
  version: movements.at(-1)!.version,
})
