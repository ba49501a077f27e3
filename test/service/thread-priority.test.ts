/** Where processors are short, threads that decide come behind those that read sockets and answer. */
import { readdirSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { start } from "../support/service.ts"

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

const CROWD = availableParallelism()

it
  .runIf(process.platform === "linux")
  .each([
    ["a worker for each processor comes", CROWD, 5],
    ...(CROWD > 1 ? ([["fewer workers than processors do not come", CROWD - 1, 0]] as const) : []),
  ] as const)("%s behind the main thread and those of HTTP", async (_, workers, nice) => {
  const service = await start({ DATABASE_URL: await freshDatabase(), WORKERS: String(workers), HTTP_THREADS: "1" })
  const { pid } = service.process
  const threads = threadsOf(pid)
  const niceOf = (name: RegExp) => threads.filter((thread) => name.test(thread.name)).map((thread) => thread.nice)
  expect(niceOf(/^worker-/)).toEqual(Array.from({ length: workers }, () => nice))
  expect(niceOf(/^http-0$/)).toEqual([0])
  expect(threads.find(({ id }) => id === pid)?.nice).toBe(0)
  await service.stop()
})
