/** A crowd that comes in one instant, while the service is busy: the system keeps the place of each until it is let in. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { afterAll, expect, it } from "vitest"
import { leaveOut } from "../support/missing.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, start, until } from "../support/service.ts"

afterAll(killAll)

/** Beyond the 511 that node asks for, by a lot. */
const CROWD = 1_500

/** What the system allows, where it says so. */
const systemMost = (): number => {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"))
  } catch {
    return 0
  }
}

const lacking = systemMost() < CROWD ? [`net.core.somaxconn of ${CROWD} or more (Linux)`] : []

it.skipIf(leaveOut("a crowd that is connected at once", lacking))(
  "is connected at once, and all of it is answered",
  async () => {
    const service = await start({ DATABASE_URL: await freshDatabase() })
    const { hostname, port } = new URL(service.url)
    const sockets: Array<Socket> = []
    // As busy as can be: it accepts no one.
    service.process.signalAlone("SIGSTOP")
    try {
      for (let each = 0; each < CROWD; each++) sockets.push(connect(Number(port), hostname))
      for (const socket of sockets) socket.on("error", () => undefined)
      await until("all are connected", () => sockets.every(({ readyState }) => readyState === "open"))
    } finally {
      service.process.signalAlone("SIGCONT")
    }
    const answers = sockets.map((socket) => once(socket, "data"))
    for (const socket of sockets) socket.write("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
    for (const [first] of await Promise.all(answers)) expect(String(first)).toMatch(/^HTTP\/1\.1 200 /)
    for (const socket of sockets) socket.destroy()
    await service.stop()
  },
)
