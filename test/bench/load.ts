/**
 * The load: so many connections, each sending its next order or reading when the last one is answered, over keep-alive HTTP, each
 * order with a key of its own. `wrk` when the machine has it (it costs least), otherwise autocannon, in a process of its
 * own either way.
 *
 * Limits: a closed loop; latencies are those a buyer sees who waits for the answer.
 */
import { execFile, execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

export interface Load {
  readonly connections: number
  readonly seconds: number
  /** JSON texts of orders, or paths to read; sent one after the other, round and round. */
  readonly bodies: ReadonlyArray<string>
  /** `async`: payment is not waited for; `read`: nothing is ordered. */
  readonly answer: "wait" | "async" | "read"
}

export interface Measured {
  readonly answers: number
  readonly seconds: number
  /** Answers that were not 2xx. */
  readonly refused: number
  /** Connections or answers lost. */
  readonly broken: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const run = promisify(execFile)

const hasWrk = ((): boolean => {
  try {
    // It has no version flag that succeeds: being there is enough.
    execFileSync("wrk", ["-v"], { stdio: "ignore" })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT"
  }
})()

export const generator: "wrk" | "autocannon" =
  process.env["BENCH_GENERATOR"] === "autocannon" || !hasWrk ? "autocannon" : "wrk"

const commandOf = (url: string, load: Load, bodies: string): readonly [string, ReadonlyArray<string>] => {
  const tag = randomUUID()
  if (generator === "wrk") {
    const script = fileURLToPath(new URL("./wrk.lua", import.meta.url))
    const { answer, connections, seconds } = load
    // One thread: the generator shares the machine with what it measures.
    const flags = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script]
    return ["wrk", [...flags, url, "--", bodies, tag, answer]]
  }
  const program = fileURLToPath(new URL("./autocannon-load.ts", import.meta.url))
  return [process.execPath, [program, url, bodies, tag, load.answer, String(load.connections), String(load.seconds)]]
}

export const put = async (url: string, load: Load): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-load-"))
  let stop: () => void = () => undefined
  const exit = () => {
    stop()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once("exit", exit)
  try {
    const bodies = join(folder, "bodies")
    writeFileSync(bodies, load.bodies.join("\n"))
    const [command, args] = commandOf(url, load, bodies)
    const running = run(command, args, { maxBuffer: 1 << 24 })
    stop = () => void running.child.kill("SIGKILL")
    const { stdout } = await running
    const line = stdout.split("\n").findLast((each) => each.startsWith("{"))
    if (line === undefined) throw new Error(`${command} measured nothing:\n${stdout}`)
    return JSON.parse(line) as Measured
  } finally {
    process.off("exit", exit)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Answers a second. Throws when any was refused or broken: another rate than the one that is wanted would be measured. */
export const rate = async (url: string, load: Load): Promise<number> => {
  const { answers, broken, refused, seconds } = await put(url, load)
  if (broken + refused > 0) throw new Error(`${refused} refused and ${broken} broken of ${answers} answers`)
  return answers / seconds
}
