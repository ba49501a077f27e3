/** The service as containers run it: under a memory limit, as PID 1's child, and as a user without a name. */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { afterEach, describe, expect, it } from "vitest"
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import * as Cgroup from "../support/cgroup.ts"
import { absent, leaveOut, noRoot } from "../support/missing.ts"
import { freshDatabase } from "../support/postgres.ts"
import { CLI, freshHome, killAll, startBy, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterEach(killAll)

/** The least that docs/operating.md states for a service with a database of its own elsewhere (MiB). */
const LEAST_MIB = 384
const ORDERS = 5_000

const group = Cgroup.limited(LEAST_MIB)
const isUnlimited = typeof group === "string"
// A failure nowhere: not every sandbox may make one.
if (isUnlimited) console.warn(`NOT TESTED: a memory limit, because ${group}`)

describe.skipIf(isUnlimited)(`with ${LEAST_MIB} MiB`, () => {
  it("the service lives through trade, and none of its threads is killed", async () => {
    const cgroup = group as Cgroup.Cgroup
    const database = await freshDatabase()
    const [command, args] = Cgroup.inside(cgroup, [process.execPath, CLI, "serve"])
    const service = await startBy(command, args, { DATABASE_URL: database, WORKERS: "1" })
    const products = await Trade.times(20, () => Trade.create(service, 1_000_000))
    const crowd = Trade.crowd(service, products)
    await until("many orders are placed", () => crowd.acknowledged.size >= ORDERS, 200_000)
    await crowd.leave()
    expect((await service.get("/readyz")).status).toBe(200)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect({ kills: cgroup.kills(), isBelow: cgroup.peak() < LEAST_MIB * 1_048_576 }).toEqual({
      kills: 0,
      isBelow: true,
    })
    cgroup.remove()
  })
})

const TINI = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "tini", "--"]
const cannotTini = leaveOut("PID 1", [...absent("tini", "unshare", "nsenter"), ...noRoot()])

/** Processes that ended, and that no parent has waited for, by their parent. */
const zombiesOf = (parent: number): number =>
  readdirSync("/proc").filter((name) => {
    try {
      const stat = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/stat`, "utf8") : ""
      const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      return state === "Z" && Number(ppid) === parent
    } catch {
      return false
    }
  }).length

describe.skipIf(cannotTini)("behind the image's PID 1", () => {
  it("what a dead PostgreSQL leaves behind is reaped, and SIGTERM drains", async () => {
    const { home, remove } = freshHome()
    const service = await startBy(TINI[0]!, [...TINI.slice(1), process.execPath, CLI, "serve"], {
      JAEGO_HOME: home,
      WORKERS: "1",
    })
    const init = Number(spawnSync("pgrep", ["-P", String(service.process.pid)], { encoding: "utf8" }).stdout)
    const before = Postmaster.read(home)!.pid
    expect(before).toBeGreaterThan(1)
    spawnSync("nsenter", ["-t", String(init), "-p", "-m", "kill", "-9", String(before)])
    await until("another PostgreSQL runs", () => (Postmaster.read(home)?.pid ?? before) !== before)
    await until("the service is ready", async () => (await service.get("/readyz")).status === 200)
    await until("nothing is left", () => zombiesOf(init) === 0)
    process.kill(init, "SIGTERM")
    expect(await service.process.ended).toEqual({ code: 0, signal: null })
    remove()
  })
})

const NAMELESS = ["setpriv", "--reuid=54321", "--regid=0", "--clear-groups"]
const cannotBeNameless = leaveOut("a user without a name", [...absent("setpriv"), ...noRoot()])

describe.skipIf(cannotBeNameless)("as a user without a name", () => {
  it("the service runs, with a database elsewhere", async () => {
    const [command, ...args] = [...NAMELESS, process.execPath, CLI, "serve"]
    const service = await startBy(command!, args, {
      DATABASE_URL: await freshDatabase(),
      HOME: "/nonexistent",
      WORKERS: "1",
    })
    const product = await Trade.create(service, 5)
    expect((await Trade.buy(service, product)).status).toBe(201)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
  })
})
