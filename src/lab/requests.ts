/** Orders as bytes of HTTP/1.1: each of a customer, and under a key, of its own. */
import { mulberry32 } from "../std/mulberry32.ts"
import type { Load } from "./load.ts"

/** The request of the n-th buyer. Products that differ, in the order in which chance names them. */
export const requests = ({ lines, products, seed, tag }: Load): ((buyer: number) => string) => {
  const roll = mulberry32(seed)
  const linesOf = () => {
    const chosen = new Set<string>()
    while (chosen.size < lines) chosen.add(products[roll() % products.length]!)
    return [...chosen].map((productId) => ({ productId, quantity: 1 }))
  }
  return (buyer) => {
    const name = `${tag}-${buyer}`
    const body = JSON.stringify({ customerId: name, lines: linesOf(), payment: "later" })
    const head = `POST /v1/orders HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nidempotency-key: ${name}`
    return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  }
}
