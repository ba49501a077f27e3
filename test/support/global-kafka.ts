/**
 * One Kafka for the whole test run, started when the first test asks for it: most runs of some files never do. `kafka.ts`
 * asks, through a door (a TCP port) that answers every caller with one line.
 */
import { once } from "node:events"
import { createServer } from "node:net"
import type { TestProject } from "vitest/node"
import { type Broker, create } from "./kafka-broker.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly kafkaDoor: number
  }
}

export const setup = async (project: TestProject) => {
  let starting: Promise<Broker> | null = null
  const start = async () => {
    const broker = await create()
    await broker.start()
    return broker
  }
  const door = createServer((socket) => {
    socket.on("error", () => undefined)
    starting ??= start()
    starting.then(
      ({ brokers }) => socket.end(JSON.stringify({ brokers })),
      (error) => socket.end(JSON.stringify({ error: String(error) })),
    )
  }).listen(0, "127.0.0.1")
  await once(door, "listening")
  const address = door.address()
  if (address === null || typeof address === "string") throw new Error("the door has no port")
  project.provide("kafkaDoor", address.port)
  return async () => {
    door.close()
    const broker = await starting?.catch(() => null)
    await broker?.close()
  }
}
