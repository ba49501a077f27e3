/** One Kafka for the whole test run, started when the first test asks for it (`kafka.ts`): most runs of some files never do. */
import type { TestProject } from "vitest/node"
import * as Door from "./door.ts"
import { create } from "./kafka-broker.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly kafkaDoor: number
  }
}

const start = async () => {
  const broker = await create()
  await broker.start()
  return broker
}

export const setup = async (project: TestProject) => {
  const door = await Door.open(start, ({ brokers }) => ({ brokers }))
  project.provide("kafkaDoor", door.port)
  return async () => (await door.close())?.close()
}
