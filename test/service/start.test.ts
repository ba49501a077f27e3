/** Starting: with something to sell, or one line that says why not. */
import { spawnSync } from "node:child_process"
import type { AddressInfo } from "node:net"
import { createServer, type Server } from "node:net"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import { freshHome, killAll, run, start, until } from "../support/service.ts"

afterAll(killAll)

it.each([1, 3])(
  "gets ready by itself, with something to sell and a curl to buy it, and stays alone on its home: %i worker(s)",
  async (workers) => {
    const { home, remove } = freshHome()
    const service = await start({ JAEGO_HOME: home, WORKERS: String(workers) })
    expect((await service.get("/readyz")).status).toBe(200)
    expect((await service.get("/v1/products")).body.data.length).toBeGreaterThan(5)
    const curl = await until("the curl is printed", () => /curl -s[\s\S]*?\}'\n/.exec(service.process.stdout)?.[0])
    const bought = spawnSync("sh", ["-c", curl], { encoding: "utf8" })
    expect(JSON.parse(bought.stdout), bought.stderr).toMatchObject({ status: "paid", customerId: "me" })
    const [, page] = /^ {2}console {4}(\S+)$/m.exec(service.process.stdout)!
    expect((await fetch(page!)).status).toBe(200)
    const second = await run(["serve"], { JAEGO_HOME: home, PORT: "0" })
    expect([second.code, second.stderr.trimEnd().split("\n").length]).toEqual([1, 1])
    expect(second.stderr).toContain("already running")
    expect((await service.get("/readyz")).status).toBe(200)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(service.process.stderr).toBe("")
    remove()
  },
)

describe("what cannot work", () => {
  let taken: Server
  let port: number
  beforeEach(async () => {
    taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve))
    port = (taken.address() as AddressInfo).port
  })
  afterEach(() => new Promise((resolve) => taken.close(resolve)))

  const refused = async (env: Record<string, string>) => {
    const { home, remove } = freshHome()
    const { code, stderr, stdout } = await run(["serve"], { JAEGO_HOME: home, PORT: "0", ...env })
    remove()
    expect(code).toBe(1)
    expect(stderr.trimEnd().split("\n"), "one line").toHaveLength(1)
    expect(stdout).toBe("")
    return stderr
  }

  it("is said in one line: a taken port", async () => {
    expect(await refused({ PORT: String(port) })).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*PORT`))
  })

  it.each([
    ["no server listens", "postgres://jaego:jaego@127.0.0.1:1/jaego"],
    ["not a URL of Postgres", "mysql://127.0.0.1/jaego"],
    ["not a URL", "postgres//jaego"],
    ["no such host", "postgres://jaego:jaego@nowhere.invalid/jaego"],
  ])("is said in one line: a DATABASE_URL that is wrong, %s", async (_, url) => {
    expect(await refused({ DATABASE_URL: url })).toMatch(/^jaego: .{10,}/)
  })

  /** What is wrong with each knob is shown without a process in `config/config.test.ts`. */
  it("is said in one line: a wrong knob", async () => {
    expect(await refused({ WORKERS: "many" })).toBe('jaego: WORKERS must be a whole number from 1 to 64, not "many"\n')
  })
})
