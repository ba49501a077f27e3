/** What other work keeps the machine busy: figures that were taken beside it are worth little. */
import { cpus } from "node:os"

/** Long enough for ticks of 10 ms, short beside a run. A load average would remember, for minutes, what has ended. */
const LOOK_MS = 1_000

const spent = (): { readonly busy: number; readonly all: number } => {
  const times = cpus().map((each) => each.times)
  const all = times.reduce((sum, each) => sum + each.user + each.nice + each.sys + each.idle + each.irq, 0)
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) }
}

/** Processors that are busy, in a second in which the lab does nothing; 0 where the system does not report it. */
export const busyProcessors = async (): Promise<number> => {
  const before = spent()
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  const after = spent()
  return after.all === before.all ? 0 : ((after.busy - before.busy) / (after.all - before.all)) * cpus().length
}
