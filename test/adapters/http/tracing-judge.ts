/**
 * A thread (mutants need Node's own loader): reports what a tracing with a planted bug, or with none, exports of requests that no sampler
 * keeps.
 */
import { parentPort, workerData } from "node:worker_threads"
import { type Change, load } from "../../simulation/mutants/load.ts"

const SLOW_MS = 500
const UNSAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

type Module = typeof import("../../../src/adapters/http/tracing.ts")

const { Tracing } = await load<Module>("src/adapters/http/tracing.ts", workerData as ReadonlyArray<Change>)

const said: Array<string> = []

const ask = (
  what: string,
  isKept: boolean,
  answered: { readonly status: number; readonly ms: number },
  traceparent?: string,
) => {
  let spans = 0
  const tracing = new Tracing({ isParentBased: true, ratio: 0 }, SLOW_MS, {
    emit: (happening) => void (happening._tag === "SpanEnded" && spans++),
  })
  const request = { headers: { "x-request-id": "r", ...(traceparent === undefined ? {} : { traceparent }) } }
  const trace = tracing.begin(request)
  if ((request.headers as { traceparent?: string }).traceparent !== undefined)
    said.push(`${what} has a context behind the door`)
  const { ms, status } = answered
  const id = tracing.ended(trace, { method: "POST", route: "/v1/orders", status, seconds: ms / 1_000 }, request)
  if (spans > (isKept ? 1 : 0) || (id !== null && !isKept)) said.push(`${what} is exported`)
  if (isKept && (spans === 0 || id === null)) said.push(`${what} is not exported`)
}

for (const [whose, traceparent] of [
  ["", undefined],
  [" of a caller who keeps none", UNSAMPLED],
] as const) {
  ask(`an order${whose}`, false, { status: 201, ms: 1 }, traceparent)
  ask(`a refusal${whose}`, false, { status: 409, ms: SLOW_MS - 1 }, traceparent)
  ask(`an error${whose}`, true, { status: 503, ms: 1 }, traceparent)
  ask(`a slow order${whose}`, true, { status: 201, ms: SLOW_MS }, traceparent)
}

parentPort!.postMessage(said)
