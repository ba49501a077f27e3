/**
 * Callers who write everything down: what they asked, when, and what they were answered, by one clock.
 *
 * Each asks for one thing after the other, on products that run out again and again. When no answer comes, or 503, half
 * ask the same again under the same key until they are answered; the others give up, and their operation stays open.
 */

import { randomUUID } from "node:crypto"
import { type Random, randomOf } from "../support/random.ts"
import { type Answer, type Service, until } from "../support/service.ts"
import type { Answered, Asked, Line, Operation, Payment } from "./claims.ts"
import { available } from "./history.ts"

/**
 * Units of a line. Large, so that of some orders under way every few add up to another sum: what was read then says much
 * about what had happened.
 */
const QUANTITY_MAX = 9_973
/** Of an arrival: enough for the shelves to be neither empty nor full for long. */
const ARRIVAL_MAX = 40_000

export interface Options {
  readonly products: ReadonlyArray<string>
  readonly callers: number
  /** All of them together. */
  readonly operations: number
  readonly seed: number
}

/** An order its caller knows and has not touched since. */
interface Known {
  readonly orderId: string
  readonly lines: ReadonlyArray<Line>
  readonly status: "reserved" | "paid"
}

interface Request {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body?: unknown
}

const requestOf = (asked: Asked): Request => {
  switch (asked.kind) {
    case "order": {
      const { customer, lines, payment } = asked
      const body = { customerId: customer, lines, payment: payment === "later" ? payment : { token: payment } }
      return { method: "POST", path: "/v1/orders", body }
    }
    case "cancel":
    case "pay":
      return { method: "POST", path: `/v1/orders/${asked.orderId}/${asked.kind}`, body: {} }
    case "receive":
      return {
        method: "POST",
        path: `/v1/products/${asked.productId}/stock/receipts`,
        body: { quantity: asked.quantity },
      }
    case "adjust": {
      const body = { delta: asked.delta, reason: asked.reason }
      return { method: "POST", path: `/v1/products/${asked.productId}/stock/adjustments`, body }
    }
    case "read":
      return { method: "GET", path: `/v1/products/${asked.productId}/stock` }
  }
}

const answeredBy = ({ status, body }: Answer): Answered => {
  const isStock = status < 300 && typeof body?.version === "number"
  return {
    status,
    code: status < 400 ? null : String(body?.code),
    orderId: body?.orderId ?? (status < 300 ? body?.id : undefined) ?? null,
    stock: isStock ? { onHand: body.onHand, reserved: body.reserved, version: body.version } : null,
    productId: body?.productId ?? null,
    available: body?.available ?? null,
  }
}

/** Not an answer: the same may be asked again. */
const isNotNow = ({ status, body }: Answer): boolean => status >= 500 || body?.code === "idempotency-in-progress"

export class Crowd {
  readonly operations: Array<Operation> = []
  /** Attempts that got no answer at all, and those that got 503 or alike. */
  unanswered = 0
  notNow = 0
  /** What answers said of stock and does not add up in itself. */
  readonly nonsense: Array<string> = []
  readonly #options: Options
  readonly #random: Random
  #service: Service
  #begun = 0
  readonly #known: Array<Known> = []

  constructor(service: Service, options: Options) {
    this.#service = service
    this.#options = options
    this.#random = randomOf(options.seed)
  }

  /** From now on everyone asks this one. */
  moveTo(service: Service): void {
    this.#service = service
  }

  get begun(): number {
    return this.#begun
  }

  /** Settles when all operations have been begun and answered, or given up. */
  async run(): Promise<void> {
    const caller = async () => {
      while (this.#begun < this.#options.operations) {
        const turn = ++this.#begun
        await this.#perform(turn, this.#wish(turn))
      }
    }
    await Promise.all(Array.from({ length: this.#options.callers }, caller))
  }

  /** The last look at each product, after everything else. */
  async lookAtAll(): Promise<void> {
    for (const productId of this.#options.products) await this.#perform(++this.#begun, { kind: "read", productId })
  }

  async #perform(turn: number, asked: Asked): Promise<void> {
    const name = `#${turn} ${describe(asked)}`
    const request = requestOf(asked)
    const attempts: Array<number> = []
    const key = randomUUID()
    for (;;) {
      const service = this.#service
      attempts.push(performance.now())
      const answer = await service
        .send(request.method, request.path, request.body, request.method === "POST" ? { "idempotency-key": key } : {})
        .catch(() => null)
      const answered = performance.now()
      if (answer !== null && !isNotNow(answer)) return this.#write(name, asked, attempts, answered, answeredBy(answer))
      if (answer === null) this.unanswered++
      else this.notNow++
      if (this.#random(2) === 0) return this.#write(name, asked, attempts, Number.POSITIVE_INFINITY, null)
      if (answer === null) await until("the service is back", () => this.#service !== service)
    }
  }

  #write(name: string, asked: Asked, attempts: ReadonlyArray<number>, answered: number, answer: Answered | null): void {
    this.operations.push({ name, asked, attempts, answered, answer })
    if (answer?.stock != null && available(answer.stock) < 0)
      this.nonsense.push(`${name} was answered with less than nothing`)
    // One whose answer was lost at first may have lines that still follow; it is left alone.
    if (asked.kind !== "order" || answer === null || answer.orderId === null || attempts.length > 1) return
    const { lines, payment } = asked
    if (answer.status === 201) this.#known.push({ orderId: answer.orderId, lines, status: "paid" })
    if (answer.status === 202 && payment === "later")
      this.#known.push({ orderId: answer.orderId, lines, status: "reserved" })
  }

  #wish(turn: number): Asked {
    const random = this.#random
    const { products } = this.#options
    const productId = products[random(products.length)]!
    const dice = random(100)
    if (dice < 25) return { kind: "read", productId }
    if (dice < 33) return { kind: "receive", productId, quantity: 1 + random(ARRIVAL_MAX) }
    if (dice < 40) {
      const delta = random(2) === 0 ? 1 + random(QUANTITY_MAX) : -1 - random(2 * QUANTITY_MAX)
      return { kind: "adjust", productId, delta, reason: `count ${turn}` }
    }
    const known = dice < 62 ? this.#take() : null
    if (known === null) return this.#order(turn, productId)
    const { orderId, lines, status } = known
    return dice < 50 && status === "reserved"
      ? { kind: "pay", orderId, lines }
      : { kind: "cancel", orderId, lines, status }
  }

  /** Any of the known orders, which no caller touches from now on. */
  #take(): Known | null {
    const { length } = this.#known
    return length === 0 ? null : this.#known.splice(this.#random(length), 1)[0]!
  }

  #order(turn: number, productId: string): Asked {
    const random = this.#random
    const payment: Payment = random(8) === 0 ? "tok_decline" : random(2) === 0 ? "later" : "tok_ok"
    const others = random(3) === 0 ? this.#options.products.filter((id) => id !== productId && random(2) === 0) : []
    const lines = [productId, ...others].map((id) => ({ productId: id, quantity: 1 + random(QUANTITY_MAX) }))
    return { kind: "order", customer: `caller-${turn}`, lines, payment }
  }
}

const describe = (asked: Asked): string => {
  switch (asked.kind) {
    case "order":
      return `order (${asked.payment}) of ${asked.lines.map(({ quantity }) => quantity).join(" + ")}`
    case "receive":
      return `receipt of ${asked.quantity}`
    case "adjust":
      return `adjustment by ${asked.delta}`
    default:
      return asked.kind
  }
}
