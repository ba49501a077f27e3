/** A line to the database that becomes faster: what was written before still comes first. */
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { expect, it } from "vitest"
import * as SlowLine from "../../src/lab/slow-line.ts"

it("lets nothing overtake what is under way when it becomes faster", async () => {
  let heard = ""
  let hear: () => void = () => undefined
  const server = createServer((socket) => {
    socket.on("error", () => undefined)
    socket.setEncoding("utf8").on("data", (text) => {
      heard += String(text)
      if (heard.length >= 3) hear()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { port: number }
  const line = await SlowLine.open(`postgres://127.0.0.1:${port}/any`, 400)
  const all = new Promise<void>((resolve) => (hear = resolve))
  const socket = connect({ port: Number(new URL(line.url).port), host: "127.0.0.1", noDelay: true })
  await once(server, "connection")
  await new Promise<void>((resolve) => void socket.write("1", () => resolve()))
  // A second one has come through the line: what was written before is on it.
  const later = connect({ port: Number(new URL(line.url).port), host: "127.0.0.1" })
  await once(server, "connection")
  line.setRoundTrip(0)
  socket.write("2")
  socket.write("3")
  await all
  expect(heard).toBe("123")
  socket.destroy()
  later.destroy()
  await line.close()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
})
