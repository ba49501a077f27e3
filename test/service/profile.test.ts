/** Profiles of the running service: of its main thread and of any other, one at a time. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { run, type Service, start } from "../support/service.ts"

const folder = mkdtempSync(join(tmpdir(), "jaego-profile-test-"))

/** `TMPDIR`: where the service makes its files. */
const serve = async (TMPDIR: string): Promise<Service> => {
  mkdirSync(TMPDIR)
  return start({ DATABASE_URL: await freshDatabase(), WORKERS: "1", HTTP_THREADS: "1", TMPDIR })
}

const TMPDIR = join(folder, "tmp")
let service: Service

beforeAll(async () => {
  service = await serve(TMPDIR)
})
afterAll(async () => {
  await service?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const profile = (body: object) => service.post("/v1/admin/profiles", body)

interface CpuProfile {
  readonly nodes: ReadonlyArray<{ readonly callFrame: { readonly url: string } }>
}

const filesOf = ({ nodes }: CpuProfile): ReadonlyArray<string> => nodes.map(({ callFrame }) => callFrame.url)

describe("a profile of the processor", () => {
  it.each(["main", "worker-0", "facts", "http-0"])("of %s", async (thread) => {
    const { body, headers, status } = await profile({ kind: "cpu", thread, seconds: 1 })
    expect(status).toBe(200)
    expect(headers.get("content-disposition")).toMatch(new RegExp(`filename="jaego-${thread}-[^"]+\\.cpuprofile"`))
    expect(filesOf(body).length).toBeGreaterThan(1)
    expect(readdirSync(TMPDIR)).toEqual([])
  })
})

/** So many processes are tried: V8's writer of heap snapshots ends one now and then (SIGSEGV; nodejs/node#43122, #46210). */
const PROCESSES = 3

it("a heap snapshot has what the thread has", async () => {
  const snapshot = async (process: number): Promise<void> => {
    const files = join(folder, `heap-${process}`)
    const own = await serve(files)
    const asked = own.post("/v1/admin/profiles", { kind: "heap", thread: "worker-0" })
    const answer = await asked.catch(async (error: unknown) => {
      const { signal } = await own.process.ended
      if (signal !== "SIGSEGV" || process === PROCESSES) throw error
      console.info(`process ${process} ended of SIGSEGV as it wrote a heap snapshot`)
      return null
    })
    if (answer === null) return snapshot(process + 1)
    expect(answer.status).toBe(200)
    expect(answer.body.strings).toContain("Owner")
    expect(readdirSync(files)).toEqual([])
    await own.stop()
  }
  await snapshot(1)
})

it("there is one at a time, and the next one when its caller has hung up", async () => {
  const hangUp = new AbortController()
  const long = fetch(`${service.url}/v1/admin/profiles`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "cpu", seconds: 60 }),
    signal: hangUp.signal,
  }).catch(() => null)
  const busy = async (): Promise<void> => {
    const { body, status } = await profile({ kind: "cpu", seconds: 1 })
    if (status === 200) return busy()
    expect([status, body.code]).toEqual([409, "profile-in-progress"])
  }
  await busy()
  hangUp.abort()
  await long
  const free = async (): Promise<number> => {
    const { status } = await profile({ kind: "cpu", seconds: 1 })
    return status === 409 ? free() : status
  }
  expect(await free()).toBe(200)
})

it.each([
  [{ kind: "cpu", thread: "worker-7" }, 404, "thread-not-found"],
  [{ kind: "disk" }, 400, "invalid-request"],
  [{ kind: "cpu", seconds: 61 }, 400, "invalid-request"],
  [{ kind: "cpu", thread: "../main" }, 400, "invalid-request"],
])("refuses %j", async (order, status, code) => {
  const answer = await profile(order)
  expect([answer.status, answer.body.code]).toEqual([status, code])
  if (status === 404) expect(answer.body.threads).toEqual(["facts", "http-0", "main", "worker-0"])
})

it("`jaego profile` writes a file, and never over another", async () => {
  const out = join(folder, "main.cpuprofile")
  const args = ["profile", "--url", service.url, "--seconds", "1", "--out", out]
  expect(await run(args)).toMatchObject({ code: 0, stderr: "" })
  expect(filesOf(JSON.parse(readFileSync(out, "utf8"))).length).toBeGreaterThan(1)
  expect(await run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining("EEXIST") })
})
