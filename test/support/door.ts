/**
 * A door to something that is started when the first test asks for it: a TCP port that answers every caller with one line of JSON.
 * The run's own process opens it, tests in other processes knock.
 */
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { text } from "node:stream/consumers"

export interface Door<Thing> {
  readonly port: number
  /** What was started, if any test has asked. */
  readonly close: () => Promise<Thing | null>
}

/** `start` runs once; `answer` is what callers are answered with. */
export const open = async <Thing>(
  start: () => Promise<Thing>,
  answer: (thing: Thing) => object,
): Promise<Door<Thing>> => {
  let starting: Promise<Thing> | null = null
  const server = createServer((socket) => {
    socket.on("error", () => undefined)
    starting ??= start()
    starting.then(
      (thing) => socket.end(JSON.stringify(answer(thing))),
      (error) => socket.end(JSON.stringify({ error: String(error) })),
    )
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the door has no port")
  return {
    port: address.port,
    close: async () => {
      server.close()
      return (await starting?.catch(() => null)) ?? null
    },
  }
}

/** Waits until it has started; throws why it has not. */
export const knock = async <Thing extends object>(port: number): Promise<Thing> => {
  const answer = JSON.parse(await text(connect(port, "127.0.0.1")))
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer
}
