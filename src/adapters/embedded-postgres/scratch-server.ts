/**
 * An embedded PostgreSQL for measurements and tests: a superuser with a password, no keeper that starts it again. Its data lie in
 * a folder that its owner removes. As the service's own in all else: fsync is on, the same settings.
 *
 * Fails: EmbeddedUnusable or Error, one line.
 */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as Account from "./account.ts"
import * as Binaries from "./binaries.ts"
import * as DataFolder from "./data-folder.ts"
import * as FileLock from "./file-lock.ts"
import * as Home from "./home.ts"
import * as Postmaster from "./postmaster.ts"
import * as ServiceRole from "./service-role.ts"

/** Smart would wait for the service to leave. `fast` ends its sessions, `immediate` crashes, `killed` is kill -9. */
export type Shutdown = "fast" | "immediate" | "killed"

const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT", killed: "SIGKILL" } as const

/** Backends of a killed postmaster keep a new one from starting until they have noticed (ms). */
const START_WITHIN_MS = 20_000

export class ScratchServer {
  readonly launch: Postmaster.Launch
  readonly #password: string
  #child: ChildProcess | null = null

  protected constructor(launch: Postmaster.Launch, password: string) {
    this.launch = launch
    this.#password = password
  }

  /** What one is made of. `home`: a folder that may be made. `statements`: said by the superuser before it first runs. */
  protected static async prepare(home: string, statements: ReadonlyArray<string> = []) {
    const as = Account.find()
    const binaries = Binaries.withinReach(await Binaries.find(), as)
    const real = Home.make(home)
    const place = { home: real, as, lock: FileLock.tryTake(DataFolder.postgresLockOf(real))! }
    const password = randomBytes(8).toString("hex")
    await DataFolder.initialise(binaries, place)
    await ServiceRole.execute(binaries, place, [`alter role postgres password '${password}'`, ...statements])
    return [{ binaries, place, port: await Postmaster.freePort() }, password] as const
  }

  /** A new one, running. */
  static async make(home: string, statements: ReadonlyArray<string> = []): Promise<ScratchServer> {
    const server = new ScratchServer(...(await ScratchServer.prepare(home, statements)))
    await server.start()
    return server
  }

  /** The superuser's, of a database there. */
  url(database = "postgres"): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.launch.port}/${database}`
  }

  /** Of its main process. */
  get pid(): number {
    return this.#child!.pid!
  }

  async start(): Promise<void> {
    for (const end = Date.now() + START_WITHIN_MS; ; await Postmaster.pause(50)) {
      const started = await Postmaster.start(this.launch, (child) => {
        this.#child = child
        child.once("exit", Postmaster.watch(child.pid!).dismiss)
      })
      if ("child" in started) return
      if (Date.now() >= end) throw new Error(`Postgres does not start: ${started.failed}`)
    }
  }

  /** Settles when its main process has ended. */
  async stop(how: Shutdown): Promise<void> {
    const child = this.#child!
    // Waited for, even by a process that has nothing else to do.
    child.ref()
    child.kill(SIGNALS[how])
    await Postmaster.exited(child)
  }
}
