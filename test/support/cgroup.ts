/**
 * A memory limit as a container has it: a cgroup of version 2 or 1, for tests that run as root on Linux. Where none can be made,
 * the reason says so.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"

export interface Cgroup {
  readonly folder: string
  /** Most that its processes had together, file pages included (bytes). */
  readonly peak: () => number
  /** Processes that the kernel killed because of the limit. */
  readonly kills: () => number
  readonly remove: () => void
}

const ROOT = "/sys/fs/cgroup"

const VERSIONS = [
  { root: ROOT, limit: "memory.max", peak: "memory.peak", events: "memory.events" },
  {
    root: `${ROOT}/memory`,
    limit: "memory.limit_in_bytes",
    peak: "memory.max_usage_in_bytes",
    events: "memory.oom_control",
  },
]

/** A group that limits its processes, or why there is none. */
export const limited = (mib: number): Cgroup | string => {
  for (const { events, limit, peak, root } of VERSIONS) {
    const folder = `${root}/jaego-test-${process.pid}-${mib}`
    try {
      mkdirSync(folder)
      if (!existsSync(`${folder}/${limit}`)) {
        rmdirSync(folder)
        continue
      }
      writeFileSync(`${folder}/${limit}`, `${mib}M`)
    } catch {
      continue
    }
    const read = (file: string) => readFileSync(`${folder}/${file}`, "utf8")
    return {
      folder,
      peak: () => Number(read(peak)),
      kills: () => Number(/oom_kill (\d+)/.exec(read(events))?.[1] ?? 0),
      remove: () => rmdirSync(folder),
    }
  }
  return "no memory cgroup can be made here (it needs root on Linux)"
}

/** The command, run inside of the group. */
export const inside = (
  { folder }: Cgroup,
  command: ReadonlyArray<string>,
): readonly [string, ReadonlyArray<string>] => [
  "sh",
  ["-c", `echo $$ > ${folder}/cgroup.procs && exec "$@"`, "sh", ...command],
]
