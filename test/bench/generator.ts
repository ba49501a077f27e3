/** The open-model generator (`open-load.ts`) as a process of its own. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Phase } from "./open-load.ts"

const PROGRAM = fileURLToPath(new URL("./open-load.ts", import.meta.url))
const run = promisify(execFile)

export interface Plan {
  /** Holds the orders' texts, one a line. */
  readonly file: string
  readonly connections: number
  readonly phases: ReadonlyArray<readonly [rate: number, seconds: number]>
  readonly from?: "one" | "many"
}

export const generate = (url: string, { connections, file, from, phases }: Plan) => {
  const plan = phases.map((phase) => phase.join(":")).join(",")
  const args = [PROGRAM, url, file, String(connections), plan, ...(from === undefined ? [] : [from])]
  const running = run(process.execPath, args, { maxBuffer: 1 << 24 })
  return { pid: running.child.pid!, found: running.then(({ stdout }) => JSON.parse(stdout) as ReadonlyArray<Phase>) }
}
