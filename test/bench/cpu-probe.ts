/**
 * Loaded into a service before anything else, in each of its threads: profiles the processor for a while, from a moment
 * that it is given, and writes what it found beside the others (`BENCH_PROFILE`: folder, milliseconds until it begins,
 * milliseconds it lasts).
 */
import { writeFileSync } from "node:fs"
import { Session } from "node:inspector/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { threadId } from "node:worker_threads"

/** Microseconds between two looks. */
const INTERVAL = 250

const [folder, after, lasting] = (process.env["BENCH_PROFILE"] ?? "").split(" ")

const profile = async () => {
  const session = new Session()
  session.connect()
  await pause(Number(after), undefined, { ref: false })
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL })
  await session.post("Profiler.start")
  await pause(Number(lasting), undefined, { ref: false })
  const { profile } = await session.post("Profiler.stop")
  writeFileSync(join(folder!, `${threadId}.cpuprofile`), JSON.stringify(profile))
  session.disconnect()
}

if (folder !== undefined && folder !== "") void profile()
