/** One node of Apache Kafka, started by `infra/kafka/start.sh` on ports of its own; it can be killed and started again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Kafka } from "kafkajs"
import "../../src/adapters/kafka/kafkajs-internals.ts"

const FOLDER = join(import.meta.dirname, "../../infra/kafka")

const START = join(FOLDER, "start.sh")

/** Little to do, and soon over: the compiler that takes long is of no use. */
const JVM = "-Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"

/** A machine that is busy with other tests takes its time; Kafka alone is there after 3 s. */
const START_TIMEOUT_MS = 150_000

const isThere = (command: string): boolean => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0

/** What has to be installed before a broker can be started; null: nothing. */
export const missing = (): string | null => {
  if (!isThere("java")) return "Java 17"
  return existsSync(join(FOLDER, "libs")) || isThere("mvn") ? null : "Maven"
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("there is no free port")
  return address.port
}

/** Fails while it does not answer as a broker. */
const ask = async (brokers: string): Promise<void> => {
  const admin = new Kafka({ brokers: [brokers], retry: { retries: 0 }, logCreator: () => () => {} }).admin()
  try {
    await admin.connect()
    await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

export class Broker {
  /** Where it listens; what it gives clients is `advertised`. */
  readonly port: number
  readonly #advertised: number
  readonly #controllerPort: number
  readonly #data = mkdtempSync(join(tmpdir(), "jaego-kafka-"))
  #process: ChildProcess | null = null

  readonly #jvm: string

  constructor(port: number, controllerPort: number, advertised: number, jvm: string) {
    this.#jvm = jvm
    this.port = port
    this.#controllerPort = controllerPort
    this.#advertised = advertised
  }

  get brokers(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Done when it answers. */
  async start(): Promise<void> {
    // The first time on a machine, and as long as the network takes.
    const jars = spawn(START, ["--jars"], { stdio: ["ignore", "ignore", "inherit"] })
    if ((await once(jars, "exit"))[0] !== 0) throw new Error("Kafka's jars cannot be had")
    const logFile = join(this.#data, "kafka.log")
    const log = openSync(logFile, "a")
    const child = spawn(START, {
      env: {
        ...process.env,
        KAFKA_PORT: String(this.port),
        KAFKA_CONTROLLER_PORT: String(this.#controllerPort),
        KAFKA_ADVERTISED_PORT: String(this.#advertised),
        KAFKA_DATA: this.#data,
        KAFKA_JVM: this.#jvm,
      },
      stdio: ["ignore", log, log],
    })
    closeSync(log)
    this.#process = child
    const deadline = Date.now() + START_TIMEOUT_MS
    for (;;) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill("SIGKILL")
        throw new Error(`Kafka did not start: ${readFileSync(logFile, "utf8").slice(-2_000)}`)
      }
      const isUp = await ask(this.brokers).then(
        () => true,
        () => false,
      )
      if (isUp) return
      await sleep(100)
    }
  }

  /** SIGKILL, as a machine that loses its power. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL")
  }

  /** It holds its connections and says nothing. */
  freeze(): void {
    this.#process?.kill("SIGSTOP")
  }

  thaw(): void {
    this.#process?.kill("SIGCONT")
  }

  /** Ends it; its data are gone with it. */
  async close(): Promise<void> {
    await this.#end("SIGKILL")
    rmSync(this.#data, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill(signal)
    await ended
  }
}

/** `advertised`: the port that clients are given, when something stands between; its own otherwise. */
export const create = async (advertised?: number, jvm = JVM): Promise<Broker> => {
  const port = await freePort()
  return new Broker(port, await freePort(), advertised ?? port, jvm)
}
