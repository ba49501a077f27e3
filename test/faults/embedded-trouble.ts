/**
 * The embedded Postgres dies under a running service: killed, crashed, or because its disk is full, log and all. The
 * service starts it again by itself, as soon as it can be started; callers hear 503 meanwhile.
 */
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import { freshFolder, mountSmallDisk, type SmallDisk } from "../support/own-postgres.ts"
import { until } from "../support/service.ts"
import type { Findings, Options } from "./campaign.ts"
import { play, type Stage } from "./stage.ts"

/** A new cluster, its log, and the tables of some thousand orders, megabytes. */
const DISK_MB = 224

interface Scene {
  readonly stage: Stage
  readonly home: string
  readonly disk: SmallDisk | null
}

type Trouble = (scene: Scene) => Promise<void>

const running = (home: string) => {
  const postmaster = Postmaster.read(home)
  return postmaster?.status === "ready" ? postmaster : null
}

const killed =
  (signal: "SIGKILL" | "SIGQUIT", name: string): Trouble =>
  async ({ stage, home }) => {
    const { pid } = running(home)!
    process.kill(pid, signal)
    await until("the embedded Postgres runs again", () => {
      const now = running(home)
      return now !== null && now.pid !== pid
    })
    stage.faults.add(`the embedded Postgres ${name}`)
  }

/** Its write-ahead log cannot grow: Postgres panics, dies, and cannot even recover before there is room again. */
const diskFull: Trouble = async ({ stage, home, disk }) => {
  if (disk === null) return
  const { pid } = running(home)!
  disk.fill()
  await stage.turnedAway(12)
  await until("it has died of its full disk", async () => {
    // Each needs a new segment of the log.
    await stage.entrance
      .query("select pg_logical_emit_message(false, 'jaego', repeat('x', 17000000))")
      .catch(() => null)
    return !Postmaster.isAlive(home, pid)
  })
  await stage.turnedAway(12)
  disk.free()
  // Postgres itself had no room to write down why.
  const { stderr, stdout } = stage.service.process
  if (!/embedded Postgres has died \(exit code/.test(stdout + stderr)) stage.violations.push("the log does not say so")
  stage.faults.add("the embedded Postgres died of a full disk")
}

const TROUBLES: ReadonlyArray<Trouble> = [killed("SIGKILL", "killed"), diskFull, killed("SIGQUIT", "crashed")]

export const run = async (options: Options): Promise<Findings> => {
  const folder = freshFolder()
  const mounted = mountSmallDisk(DISK_MB)
  const disk = "refused" in mounted ? null : mounted
  const home = `${disk?.path ?? folder.path}/home`
  try {
    const settings = { campaign: "embedded-trouble", databaseUrl: null, env: { JAEGO_HOME: home } }
    return await play(settings, options, async (stage) => {
      if ("refused" in mounted)
        stage.notTested.push(`disk full: no small file system may be mounted (${mounted.refused})`)
      await stage.rounds(options.times, (round) => TROUBLES[round % TROUBLES.length]!({ stage, home, disk }))
    })
  } finally {
    disk?.remove()
    folder.remove()
  }
}
