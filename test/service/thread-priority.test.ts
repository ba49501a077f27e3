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

interface Thread {
  readonly id: number
  readonly name: string
  readonly nice: number
}

/** As the system has them (proc_pid_stat(5)). */
const threadsOf = (pid: number): ReadonlyArray<Thread> =>
  readdirSync(`/proc/${pid}/task`).map((id) => {
    const text = readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8")
    const end = text.lastIndexOf(")")
    return {
      id: Number(id),
      name: text.slice(text.indexOf("(") + 1, end),
      nice: Number(text.slice(end + 2).split(" ")[16]),
    }
  })

it.runIf(process.platform === "linux")("workers come behind the main thread and those of HTTP", () => {
  const { pid } = service.process
  const threads = threadsOf(pid)
  const niceOf = (name: string) => threads.filter((thread) => thread.name === name).map(({ nice }) => nice)
  expect([niceOf("worker-0"), niceOf("worker-1"), niceOf("http-0")]).toEqual([[5], [5], [0]])
  expect(threads.find(({ id }) => id === pid)?.nice).toBe(0)
})
