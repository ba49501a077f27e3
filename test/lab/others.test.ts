/** That a machine is busy is seen before a run, and only as long as it is. */
import { once } from "node:events"
import { cpus } from "node:os"
import { Worker } from "node:worker_threads"
import { expect, it } from "vitest"
import { busyProcessors } from "../../src/lab/others.ts"

const SPINNING = `require("node:worker_threads").parentPort.postMessage("on"); for (;;);`

/** A busy machine gives them nearly all of it. */
const MOST = 0.8

it("counts the processors that others keep busy", async () => {
  const workers = cpus().map(() => new Worker(SPINNING, { eval: true }))
  await Promise.all(workers.map((each) => once(each, "message")))
  expect(await busyProcessors()).toBeGreaterThan(MOST * cpus().length)
  await Promise.all(workers.map((each) => each.terminate()))
})
