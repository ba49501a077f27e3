/** Where processors are short, threads that decide come behind those that read sockets and answer. */
import { readdirSync, readFileSync } from "node:fs"
import { afterAll, beforeAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { type Service, start } from "../support/service.ts"

let service: Service

beforeAll(async () => {
  service = await start({ DATABASE_URL: await freshDatabase(), WORKERS: "2", HTTP_THREADS: "1" })
})
afterAll(async () => {
  await service?.stop()
})

/** The nice value of each thread that has this name, as the system has it. */
const niceOf = (name: string): ReadonlyArray<number> =>
  readdirSync(`/proc/${service.process.pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${service.process.pid}/task/${thread}/stat`, "utf8")
    const end = text.lastIndexOf(")")
    const isIt = text.slice(text.indexOf("(") + 1, end) === name
    return isIt ? [Number(text.slice(end + 2).split(" ")[16])] : []
  })

it.runIf(process.platform === "linux")("workers come behind the main thread and those of HTTP", () => {
  expect([niceOf("worker-0"), niceOf("worker-1"), niceOf("http-0")]).toEqual([[5], [5], [0]])
  const main = Number(readFileSync(`/proc/${service.process.pid}/stat`, "utf8").split(") ")[1]!.split(" ")[16])
  expect(main).toBe(0)
})
