/**
 * A slow line to Postgres: a TCP proxy through which every byte takes half of a round trip. What is written later never comes
 * earlier, and nothing waits for what was written before it: as a database far away, not as a narrow one.
 */
import { createServer, type Socket, connect as tcp } from "node:net"

export interface SlowLine {
  /** Of the database, over the line. */
  readonly url: string
  /** From now on; what is under way comes before what is written later. */
  readonly setRoundTrip: (ms: number) => void
  /** Every other connection says nothing more, until `release`. */
  readonly hold: () => void
  readonly release: () => void
  readonly close: () => Promise<void>
}

/** One direction of a connection. A timer delivers the oldest there is: a line that has become faster lets nothing overtake. */
class Direction {
  isHeld = false
  #due = 0
  readonly #underWay: Array<() => void> = []

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    const later = (deliver: () => void) => {
      this.#underWay.push(deliver)
      setTimeout(() => {
        this.#due++
        this.deliver()
      }, delayMs())
    }
    from.on("data", (bytes: Buffer) => later(() => void (to.writable && to.write(bytes))))
    from.on("close", () => later(() => void to.destroy()))
    from.on("error", () => undefined)
  }

  /** What is due. */
  deliver(): void {
    for (; !this.isHeld && this.#due > 0; this.#due--) this.#underWay.shift()!()
  }
}

export const open = async (databaseUrl: string, roundTripMs: number): Promise<SlowLine> => {
  const target = new URL(databaseUrl)
  let delayMs = roundTripMs / 2
  const sockets = new Set<Socket>()
  const lines = new Set<ReadonlyArray<Direction>>()
  const server = createServer((service) => {
    const postgres = tcp({ host: target.hostname, port: Number(target.port || 5432), noDelay: true })
    service.setNoDelay(true)
    for (const socket of [service, postgres]) sockets.add(socket.once("close", () => sockets.delete(socket)))
    const directions = [
      new Direction(service, postgres, () => delayMs),
      new Direction(postgres, service, () => delayMs),
    ]
    lines.add(directions)
    service.once("close", () => lines.delete(directions))
  })
  await new Promise<void>((resolve, reject) => void server.once("error", reject).listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the line has no port")
  const url = new URL(databaseUrl)
  url.hostname = "127.0.0.1"
  url.port = String(address.port)
  const close = () => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  }
  const setRoundTrip = (ms: number) => {
    delayMs = ms / 2
  }
  const hold = () => {
    for (const [index, directions] of [...lines].entries()) for (const each of directions) each.isHeld = index % 2 === 0
  }
  const release = () => {
    for (const each of [...lines].flat()) {
      each.isHeld = false
      each.deliver()
    }
  }
  return { url: url.href, setRoundTrip, hold, release, close }
}
