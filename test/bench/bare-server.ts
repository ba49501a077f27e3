/**
 * The floor: node:http alone, in one process, that parses an order and answers what an order is answered with, and a GET with
 * what a product, or a page of products, is shown as. It decides nothing and keeps nothing; what a real service reaches of it is
 * what its work costs.
 *
 *     node bare-server.ts [refuse]      # every order is answered 503, once its body is read
 */
import { randomUUID } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

interface Wish {
  readonly customerId: string
  readonly lines: ReadonlyArray<{ readonly productId: string; readonly quantity: number }>
}

const unitPrice = { amount: 1_250, currency: "EUR" }

const answerTo = ({ customerId, lines }: Wish) => {
  const now = Date.now()
  return {
    id: randomUUID(),
    status: "reserved",
    customerId,
    lines: lines.map(({ productId, quantity }) => ({ productId, quantity, unitPrice })),
    total: unitPrice,
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 600_000).toISOString(),
  }
}

const PATH = "/v1/products/"

const productOf = (id: string) => ({
  id,
  sku: "GEN-000000001",
  name: "Generated product 1",
  price: unitPrice,
  purchaseLimit: null,
  createdAt: new Date(0).toISOString(),
})

/** As many as a page has unless callers ask for others. */
const ROWS = 20
const LIST = "/v1/products?"

const page = () => ({
  data: Array.from({ length: ROWS }, () => productOf("019aa000-0000-7000-8000-00000000000a")),
  hasMore: true,
  nextCursor: "MSBwcm9kdWN0cyAwMTlhYTAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMGE",
})

const REFUSAL = JSON.stringify({ type: "about:blank", title: "Service Unavailable", status: 503, code: "overloaded" })
const refuses = process.argv[2] === "refuse"

const server = createServer((request, response) => {
  if (request.method === "GET") {
    const url = request.url!
    const body = JSON.stringify(url.startsWith(LIST) ? page() : productOf(url.slice(PATH.length)))
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    return response.end(body)
  }
  if (refuses) {
    request.resume().on("end", () => {
      const length = Buffer.byteLength(REFUSAL)
      response.writeHead(503, {
        "content-type": "application/problem+json",
        "content-length": length,
        "retry-after": "1",
      })
      response.end(REFUSAL)
    })
    return
  }
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const body = JSON.stringify(answerTo(JSON.parse(Buffer.concat(chunks).toString()) as Wish))
    response.writeHead(202, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    response.end(body)
  })
})

server.listen({ host: "127.0.0.1", port: 0 }, () => {
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
