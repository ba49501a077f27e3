/**
 * A TCP proxy between a client and Kafka that knows requests and their answers, and loses what a test asks for. The broker
 * has to advertise the proxy's port.
 *
 *     const proxy = await KafkaProxy.start()             // proxy.port: what the broker advertises
 *     proxy.target = broker.port
 *     await proxy.loseAnswer(PRODUCE)                    // the broker has done it, the client loses its connection
 *     const late = await proxy.holdRequest(PRODUCE)      // the client loses its connection, the broker has heard nothing
 *     late.release()                                     // and now it does
 */
import { once } from "node:events"
import { createServer, type Server, type Socket, connect as tcp } from "node:net"

/** Keys of Kafka's protocol. */
export const PRODUCE = 0
export const HEARTBEAT = 12

interface Held {
  readonly release: () => void
}

interface Wish {
  readonly apiKey: number
  readonly met: (held: Held) => void
}

/** Whole messages of one direction: four bytes of length, then that many. */
class Frames {
  #rest: Buffer = Buffer.alloc(0)

  /** Those that are whole now, with their length in front. */
  add(chunk: Buffer): ReadonlyArray<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const whole: Array<Buffer> = []
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readInt32BE(0)
      if (this.#rest.length < end) break
      whole.push(this.#rest.subarray(0, end))
      this.#rest = this.#rest.subarray(end)
    }
    return whole
  }
}

export class KafkaProxy {
  readonly port: number
  /** Where the broker listens. */
  target = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** The next request, or answer, of a kind that is to be lost. */
  readonly #requests: Array<Wish> = []
  readonly #answers: Array<Wish> = []

  constructor(server: Server, port: number) {
    this.#server = server.on("connection", (client) => this.#connected(client))
    this.port = port
  }

  /** Done when the next request of this kind has been answered: the answer is lost, and the connection with it. */
  loseAnswer(apiKey: number): Promise<void> {
    return new Promise((resolve) => this.#answers.push({ apiKey, met: () => resolve() }))
  }

  /** Done when the next request of this kind is here: the client loses its connection, the broker hears it at `release`. */
  holdRequest(apiKey: number): Promise<Held> {
    return new Promise((resolve) => this.#requests.push({ apiKey, met: resolve }))
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close")
    this.#server.close()
    this.cutAll()
    await closed
  }

  #wish(wishes: Array<Wish>, apiKey: number | undefined): Wish | null {
    const index = wishes.findIndex((wish) => wish.apiKey === apiKey)
    return index < 0 ? null : wishes.splice(index, 1)[0]!
  }

  #connected(client: Socket): void {
    const broker = tcp({ host: "127.0.0.1", port: this.target, noDelay: true })
    const [requests, answers] = [new Frames(), new Frames()]
    /** Kind of each request that is not answered, by its correlation id. */
    const asked = new Map<number, number>()
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true).on("error", () => undefined)
      socket.on("close", () => this.#sockets.delete(socket))
    }
    let isHeld = false
    client.on("close", () => isHeld || broker.destroy())
    broker.on("close", () => client.destroy())
    client.on("data", (chunk) => {
      for (const frame of requests.add(chunk as Buffer)) {
        const apiKey = frame.readInt16BE(4)
        const wish = this.#wish(this.#requests, apiKey)
        if (wish !== null) {
          isHeld = true
          client.resetAndDestroy()
          return wish.met({ release: () => void broker.write(frame) })
        }
        asked.set(frame.readInt32BE(8), apiKey)
        broker.write(frame)
      }
    })
    broker.on("data", (chunk) => {
      for (const frame of answers.add(chunk as Buffer)) {
        const correlation = frame.readInt32BE(4)
        const wish = this.#wish(this.#answers, asked.get(correlation))
        asked.delete(correlation)
        if (wish !== null) {
          client.resetAndDestroy()
          return wish.met({ release: () => undefined })
        }
        if (client.writable) client.write(frame)
      }
    })
  }
}

/** Listens on any free port of this machine. */
export const start = async (): Promise<KafkaProxy> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the proxy has no port")
  return new KafkaProxy(server, address.port)
}
