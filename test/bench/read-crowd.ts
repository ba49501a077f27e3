/**
 * A crowd that reads one product at one moment, in a process of its own: so many connections, each with one request. Says when all are
 * open, and when all have asked; once all are answered, a line of JSON with what came (`Crowd`).
 *
 *     node test/bench/read-crowd.ts <path> <readers> <url> [<url>...]        all ask on SIGUSR2
 */
import { once } from "node:events"
import { connect, type Socket } from "node:net"

export interface Crowd {
  /** Answers of each status. */
  readonly statuses: Readonly<Record<string, number>>
  /** From the moment when the last had asked to the first answer, ms; below 0: one came before. */
  readonly firstMs: number
  /** To the last one. */
  readonly lastMs: number
}

const [path = "", count = "0", ...urls] = process.argv.slice(2)

/** Opened at a time: more would stand in the system's queue of the port. */
const TOGETHER = 100

const open = async (url: string): Promise<Socket> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, "connect")
  return socket
}

const sockets: Array<Socket> = []
while (sockets.length < Number(count)) {
  const together = Array.from({ length: Math.min(TOGETHER, Number(count) - sockets.length) }, (_, index) =>
    open(urls[index % urls.length]!),
  )
  sockets.push(...(await Promise.all(together)))
}
const statuses: Record<string, number> = {}
let [first, last] = [Number.POSITIVE_INFINITY, 0]

const ask = async (socket: Socket): Promise<void> => {
  const answered = once(socket, "data")
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  const [head] = (await answered) as [Buffer]
  const now = performance.now()
  const status = head.toString("latin1", 9, 12)
  statuses[status] = (statuses[status] ?? 0) + 1
  first = Math.min(first, now)
  last = now
}

const begin = once(process, "SIGUSR2")
console.log(`open ${sockets.length}`)
await begin
const answers = sockets.map(ask)
const asked = performance.now()
console.log("asked")
await Promise.all(answers)
console.log(JSON.stringify({ statuses, firstMs: first - asked, lastMs: last - asked } satisfies Crowd))
process.exit(0)
