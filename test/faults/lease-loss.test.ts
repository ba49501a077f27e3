/** A service that loses its lease under load answers no caller what is not so, and takes its lanes anew. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import { truthfully } from "./judge.ts"
import * as LeaseLoss from "./lease-loss.ts"
import type { Answered, Wish } from "./shoppers.ts"

afterAll(killAll)

describe.each([1, 3])("a service of %i worker(s) whose lease is ended under load", (workers) => {
  it("gives no wrong answer", async () => {
    const options = { times: 9, workers, seed: 80 + workers, freshDatabase, log: () => undefined }
    const findings = await LeaseLoss.run(options)
    expect(findings.violations).toEqual([])
    expect(findings.faults).toEqual({
      "lease lost under load": 3,
      "lease lost before a commit reached PostgreSQL": 3,
      "lease lost before a commit's answer was heard": 3,
    })
  })
})

describe("the judge", () => {
  const answer = (status: number | null, detail: string | null, replayed = false): Answered => ({
    ...{ sentAt: 0, heardAt: 1, status, code: null, body: { id: "o", detail }, replayed, retryAfter: "1" },
  })
  const wish = (...attempts: ReadonlyArray<Answered>): Wish => ({
    ...{ number: 0, kind: "place", key: "k", path: "/", body: null, orderId: null, answers: [...attempts] },
  })
  const denied = answer(
    503,
    "Nothing was decided. Send the request again, with the same Idempotency-Key if it has one.",
  )
  const open = answer(503, "The outcome is unknown.")
  const [accepted, replayed] = [answer(201, null), answer(201, null, true)]

  it("finds a caller that was answered that nothing was decided, though it was", () => {
    expect(truthfully(wish(denied, replayed))).toHaveLength(1)
    expect(truthfully(wish(replayed))).toHaveLength(1)
  })

  it("blames no answer that left the outcome open, and none after which it was done", () => {
    for (const right of [
      wish(denied, accepted),
      wish(denied, open, replayed),
      wish(answer(null, null), replayed),
      wish(replayed, accepted),
    ])
      expect(truthfully(right)).toEqual([])
  })
})
