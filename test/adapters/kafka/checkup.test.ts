/** What `jaego doctor` sees of a real broker: topics made well, compacted by hand, or not there yet. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { checkup } from "../../../src/adapters/kafka/checkup.ts"
import * as Client from "../../../src/adapters/kafka/client.ts"
import * as Topics from "../../../src/adapters/kafka/topics.ts"
import { brokers, isMissing } from "../../support/kafka.ts"
import { freshId } from "../../support/scribe.ts"

describe.skipIf(isMissing)("over a real broker, the checks of Kafka", () => {
  const options = async (): Promise<Client.Options> => ({
    brokers: (await brokers()).split(","),
    prefix: `${freshId()}.`,
    partitions: 1,
    replication: 1,
  })
  const look = async (given: Client.Options) => {
    const found = await Effect.runPromise(checkup(given))
    return Object.fromEntries(found.map(({ name, verdict }) => [name, verdict]))
  }
  const ensure = (given: Client.Options) =>
    Topics.withAdmin(Client.kafka(given), (admin) => Topics.ensure(admin, given))

  it("warn of one replica, and of nothing else", async () => {
    const given = await options()
    await ensure(given)
    expect(await look(given)).toEqual({
      kafka: "green",
      "kafka-replication": "yellow",
      "kafka-retention": "green",
      "kafka-cleanup": "green",
    })
  })

  it("find a topic that was made compacted, and one that keeps events for an hour", async () => {
    const given = await options()
    const [orders, , stock] = Topics.namesOf(given)
    const topic = (name: string, config: string, value: string) => ({
      topic: name,
      numPartitions: 1,
      replicationFactor: 1,
      configEntries: [{ name: config, value }],
    })
    const topics = [topic(orders!, "cleanup.policy", "compact"), topic(stock!, "retention.ms", "3600000")]
    await Topics.withAdmin(Client.kafka(given), (admin) => admin.createTopics({ topics }))
    expect(await look(given)).toMatchObject({ "kafka-retention": "yellow", "kafka-cleanup": "red" })
  })

  it("have nothing to say of topics that are not there yet", async () => {
    expect(await look(await options())).toMatchObject({ kafka: "green", "kafka-retention": "green" })
  })
})
