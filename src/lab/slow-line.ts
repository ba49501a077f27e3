/**
 * A slow line to Postgres: a TCP proxy through which every byte takes half of a round trip. What is written later never comes
 * earlier, and nothing waits for what was written before it: as a database far away, not as a narrow one.
 */
import { createServer, type Socket, connect as tcp } from "node:net"

export interface SlowLine {
  /** Of the database, over the line. */
  readonly url: string
  readonly close: () => Promise<void>
}

const delayed = (from: Socket, to: Socket, delayMs: number): void => {
  from.on("data", (bytes: Buffer) => void setTimeout(() => to.writable && to.write(bytes), delayMs))
  from.on("close", () => void setTimeout(() => to.destroy(), delayMs))
  from.on("error", () => undefined)
}

export const open = async (databaseUrl: string, roundTripMs: number): Promise<SlowLine> => {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((service) => {
    const postgres = tcp({ host: target.hostname, port: Number(target.port || 5432), noDelay: true })
    service.setNoDelay(true)
    for (const socket of [service, postgres]) sockets.add(socket.once("close", () => sockets.delete(socket)))
    delayed(service, postgres, roundTripMs / 2)
    delayed(postgres, service, roundTripMs / 2)
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
  return { url: url.href, close }
}
