/** A port on which one thread listens with several sockets. */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { connect, createServer as createNetServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import * as Listening from "../../../src/adapters/http/listening.ts"
import { CannotListen } from "../../../src/std/listen.ts"
import { leaveOut } from "../../support/missing.ts"

const LOOPBACK = { host: "127.0.0.1", port: 0 }
const CROWD = 256

/** Connects a crowd to a port, says so by a file, and stays until it is killed. */
const CLIENT = `
  const { connect } = require("node:net")
  const { writeFileSync } = require("node:fs")
  const [port, crowd, file] = process.argv.slice(1)
  let connected = 0
  for (let each = 0; each < crowd; each++)
    connect(port, "127.0.0.1", () => ++connected === Number(crowd) && writeFileSync(file, "")).on("error", () => undefined)
  setInterval(() => undefined, 1_000)`

const folder = mkdtempSync(join(tmpdir(), "jaego-listening-"))
const ends: Array<() => void> = [() => rmSync(folder, { recursive: true })]
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const opened = async (server: Server, options: Parameters<typeof Listening.open>[2] = {}) =>
  Effect.runPromise(Listening.open(server, LOOPBACK, options))

/** Connections that each turn of the event loop let in, once a crowd had come that it had been too busy for. */
const letIn = async (sockets: number): Promise<ReadonlyArray<number>> => {
  const server = createServer()
  const { bound } = await opened(server, { sockets })
  let accepted = 0
  server.on("connection", () => accepted++)
  const file = join(folder, `${sockets}`)
  const client = spawn(process.execPath, ["-e", CLIENT, String(bound.port), String(CROWD), file])
  ends.push(() => client.kill("SIGKILL"))
  // As busy as can be: the loop does not turn until all are there.
  while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  const turns: Array<number> = []
  await new Promise<void>((resolve) => {
    const turn = () => {
      const before = turns.reduce((sum, each) => sum + each, 0)
      if (accepted > before) turns.push(accepted - before)
      if (accepted < CROWD) setImmediate(turn)
      else resolve()
    }
    setImmediate(turn)
  })
  return turns
}

const lacking = Listening.SOCKETS === 1 ? ["SO_REUSEPORT that shares connections out (Linux)"] : []

describe.skipIf(leaveOut("a port with several sockets", lacking))("a port with several sockets", () => {
  it("lets a crowd in by many a turn of the event loop", async () => {
    const [single, several] = [await letIn(1), await letIn(Listening.SOCKETS)]
    expect(single).toHaveLength(CROWD)
    // Shared out by the hash of their addresses: not evenly.
    expect(several.length).toBeLessThan(CROWD / 4)
    expect(Math.max(...several)).toBeLessThanOrEqual(Listening.SOCKETS)
  })

  it("is not taken from a process that listens there, alone or shared", async () => {
    for (const reusePort of [false, true]) {
      const holder = createNetServer()
      await new Promise<void>((resolve) => holder.listen({ ...LOOPBACK, reusePort }, resolve))
      const { port } = holder.address() as { readonly port: number }
      const exit = await Effect.runPromiseExit(Listening.open(createServer(), { ...LOOPBACK, port }))
      holder.close()
      const message = `Cannot listen on 127.0.0.1:${port}: something else listens there already (choose another PORT)`
      expect(exit).toEqual(Exit.fail(new CannotListen({ message })))
    }
  })

  it("is closed on all of them, once the last connection of any has ended", async () => {
    const server = createServer((_, response) => response.end("here"))
    const { bound, close } = await opened(server)
    const clients = Array.from({ length: 4 * Listening.SOCKETS }, () => connect(bound.port, bound.address))
    const heard = clients.map(
      (client) => new Promise<string>((resolve) => client.once("data", (data) => resolve(String(data)))),
    )
    for (const client of clients) client.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    for (const answer of await Promise.all(heard)) expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    let isClosed = false
    const closing = Effect.runPromise(close).then(() => {
      isClosed = true
    })
    for (const client of clients.splice(1)) client.destroy()
    // Refused on whichever socket it would have come to.
    for (let each = 0; each < Listening.SOCKETS; each++) {
      const late = connect(bound.port, bound.address)
      const refused = await new Promise<NodeJS.ErrnoException>((resolve) => late.once("error", resolve))
      expect(refused.code).toBe("ECONNREFUSED")
    }
    expect(isClosed).toBe(false)
    clients[0]!.destroy()
    await closing
    expect(server.listening).toBe(false)
  })
})
