/** One line for a request that failed or was slow, none for the others, and no more of them than a person reads. */
import { expect, it } from "vitest"
import * as RequestLog from "../../../src/adapters/http/request-log.ts"

const SLOW_MS = 500

const logging = () => {
  const lines: Array<RequestLog.Line> = []
  const clock = { now: 0 }
  const log = RequestLog.make(
    SLOW_MS,
    (line) => lines.push(line),
    () => clock.now,
  )
  const answered = (status: number, ms: number, route = "/v1/orders") =>
    log({ method: "POST", route, status, seconds: ms / 1_000 }, { headers: { "x-request-id": "r" } })
  return { lines, clock, answered }
}

it("logs a request that failed or was slow, and of no other", () => {
  const { answered, lines } = logging()
  answered(201, SLOW_MS - 1)
  answered(409, 1)
  answered(503, 1)
  answered(402, SLOW_MS)
  const line = { requestId: "r", method: "POST", route: "/v1/orders" }
  expect(lines).toEqual([
    { ...line, status: 503, ms: 1 },
    { ...line, status: 402, ms: SLOW_MS },
  ])
})

it("names the trace in which the request is found", () => {
  const lines: Array<RequestLog.Line> = []
  const log = RequestLog.make(SLOW_MS, (line) => lines.push(line))
  for (const traceId of ["4bf92f3577b34da6a3ce929d0e0e4736", null])
    log({ method: "POST", route: "/v1/orders", status: 503, seconds: 0 }, { headers: { "x-request-id": "r" } }, traceId)
  expect(lines.map((line) => line.traceId)).toEqual(["4bf92f3577b34da6a3ce929d0e0e4736", undefined])
})

it("takes readiness that says no for an answer", () => {
  const { answered, lines } = logging()
  answered(503, 1, "/readyz")
  expect(lines).toEqual([])
})

it("leaves a defect, also a slow one, to the line that has its cause", () => {
  const { answered, lines } = logging()
  answered(500, 2 * SLOW_MS)
  expect(lines).toEqual([])
})

it("writes twenty lines a second, and says in the next one how many were left out", () => {
  const { answered, clock, lines } = logging()
  for (let request = 0; request < 120; request++) answered(503, 1)
  expect(lines).toHaveLength(20)
  clock.now += 1_000
  answered(503, 1)
  answered(503, 1)
  expect(lines.slice(20).map(({ leftOut }) => leftOut)).toEqual([100, undefined])
})
