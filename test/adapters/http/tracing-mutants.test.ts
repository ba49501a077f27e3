/** What a sampler does not keep leaves no trace, and what failed or was slow does: seen to fail with bugs planted in the source. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { expect, it } from "vitest"
import type { Change } from "../../simulation/mutants/load.ts"

const judged = async (changes: ReadonlyArray<Change>): Promise<ReadonlyArray<string>> => {
  const thread = new Worker(new URL("./tracing-judge.ts", import.meta.url), { workerData: changes })
  const [said] = (await once(thread, "message")) as [ReadonlyArray<string>]
  await thread.terminate()
  return said
}

const TRACING = "src/adapters/http/tracing.ts"
const LOG = "src/adapters/http/request-log.ts"
const KEPT = "if (trace?.context == null && !isNotable(answered, this.#slowMs)) return null"

it("holds of the source as it is", async () => {
  expect(await judged([])).toEqual([])
})

it.each([
  {
    bug: "every request is exported",
    change: { file: TRACING, from: KEPT, to: "" },
    said: ["an order is exported", "a refusal is exported", "an order of a caller who keeps none is exported"],
  },
  {
    bug: "only what was sampled is exported",
    change: { file: TRACING, from: KEPT, to: "if (trace?.context == null) return null" },
    said: [
      "an error is not exported",
      "a slow order is not exported",
      "an error of a caller who keeps none is not exported",
    ],
  },
  {
    bug: "errors are forgotten",
    change: { file: LOG, from: "status >= DEFECT ||", to: "" },
    said: ["an error is not exported"],
  },
  {
    bug: "seconds are taken for milliseconds",
    change: { file: LOG, from: "seconds * 1_000 >= slowMs", to: "seconds >= slowMs" },
    said: ["a slow order is not exported"],
  },
  {
    bug: "the caller's decision is read the wrong way round",
    change: { file: TRACING, from: "? Traceparent.isSampled(parent)", to: "? !Traceparent.isSampled(parent)" },
    said: ["an order of a caller who keeps none is exported"],
  },
  {
    bug: "a context that is not sampled goes on",
    change: { file: TRACING, from: 'if (given !== undefined) headers["traceparent"] = undefined', to: "" },
    said: ["an order of a caller who keeps none has a context behind the door"],
  },
])("is seen to fail when $bug", async ({ change, said }) => {
  expect(await judged([change])).toEqual(expect.arrayContaining(said))
})
