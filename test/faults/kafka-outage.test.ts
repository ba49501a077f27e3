/** Kafka away for seconds, and what waited meanwhile; the proof does it for a minute. */
import { afterAll, describe, expect, it } from "vitest"
import { isMissing } from "../support/kafka.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as KafkaOutage from "./kafka-outage.ts"

afterAll(killAll)

it.skipIf(isMissing)("an outage of Kafka loses no order and no event", async () => {
  const options = { times: 1, workers: 1, seed: 1, freshDatabase, log: () => undefined }
  const found = await KafkaOutage.outages(options, 1_000)
  expect(found.violations).toEqual([])
  expect(found.faults).toEqual({ "Kafka killed under load": 1 })
  expect(found.figures!["most facts that waited"]).toBeGreaterThan(100)
  console.info(`an outage of Kafka: ${JSON.stringify(found.figures)}`)
})

describe("what was published against what is so", () => {
  const so = new Map([["a", 3]])
  it.each([
    ["one that was never published", [], ["a is at version 3, and 0 were published"]],
    [
      "one that was lost",
      [1, 3],
      ["a: version 3 was published where 2 should have been", "a is at version 3, and 2 were published"],
    ],
    ["the last one lost", [1, 2], ["a is at version 3, and 2 were published"]],
    ["two in the wrong order", [1, 3, 2], ["a: version 3 was published where 2 should have been"]],
    ["nothing wrong", [1, 2, 3], []],
  ])("sees %s", (_, firsts, violations) => {
    const published = firsts.length === 0 ? new Map() : new Map([["a", { firsts }]])
    expect(KafkaOutage.compare(published, so)).toEqual(violations)
  })

  it("sees one that is published and is not there", () => {
    expect(
      KafkaOutage.compare(
        new Map([
          ["a", { firsts: [1, 2, 3] }],
          ["b", { firsts: [1] }],
        ]),
        so,
      ),
    ).toEqual(["b was published, and is not there"])
  })
})
