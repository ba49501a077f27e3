/**
 * A crowd that follows one product, in a process of its own: so many streams of stock on as many connections. Says once that all are
 * open, and what came by then and since when it is asked to end (SIGTERM).
 *
 *     node test/bench/stream-crowd.ts <url> <product> <streams>
 */
import { connect, type Socket } from "node:net"

const [url = "", product = "", count = "0"] = process.argv.slice(2)
const { hostname, port } = new URL(url)

/** Opened at a time: more would stand in the system's queue of the port. */
const TOGETHER = 100

let bytes = 0
const sockets: Array<Socket> = []

const follow = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    socket.write(`GET /v1/products/${product}/stock/stream HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    socket.once("data", (head) => {
      if (String(head).startsWith("HTTP/1.1 200")) resolve()
      else reject(new Error(String(head).slice(0, 200)))
    })
    socket.on("data", (part) => {
      bytes += part.length
    })
    socket.once("error", reject)
  })

for (let left = Number(count); left > 0; left -= TOGETHER)
  await Promise.all(Array.from({ length: Math.min(TOGETHER, left) }, follow))
console.log(`open ${sockets.length}`)

process.once("SIGTERM", () => {
  console.log(`heard ${bytes}`)
  for (const socket of sockets) socket.destroy()
  process.exit(0)
})
