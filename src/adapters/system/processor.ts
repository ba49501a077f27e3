/** Processor time and memory of a process with everything it started, where the system reports it (Linux). */
import { readdirSync, readFileSync } from "node:fs"

/** Seconds a tick; the kernel's USER_HZ is 100 wherever Node runs. */
const TICK = 1 / 100

interface Times {
  readonly parent: number
  readonly own: number
  readonly children: number
}

const timesOf = (pid: number): Times | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name, in brackets, may hold anything; the fields after it are numbers.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number)
    return { parent: fields[1]!, own: (fields[11]! + fields[12]!) * TICK, children: (fields[13]! + fields[14]!) * TICK }
  } catch {
    return null
  }
}

/** Seconds spent so far by `pid` and its children, those that have ended included; null: this system does not report it. */
export const secondsOf = (pid: number): number | null => {
  const root = timesOf(pid)
  if (root === null) return null
  let seconds = root.own + root.children
  for (const name of readdirSync("/proc")) {
    const each = /^\d+$/.test(name) ? timesOf(Number(name)) : null
    if (each?.parent === pid) seconds += each.own + each.children
  }
  return seconds
}

/** Bytes of memory that are resident; null: this system does not report it. */
export const residentBytes = (pid: number): number | null => {
  try {
    const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
    return found === null ? null : Number(found[1]) * 1_024
  } catch {
    return null
  }
}
