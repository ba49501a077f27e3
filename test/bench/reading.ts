/** One measurement of readers: answers a second, and what an answer costs of the processor. */
import * as Processor from "../../src/adapters/system/processor.ts"
import type * as Contenders from "./contenders.ts"
import * as Load from "./load.ts"

const CONNECTIONS = 256

export interface Measured extends Load.Measured {
  /** Microseconds of processor time an answer, over all threads; null: this system does not report it. */
  readonly us: number | null
}

export const rateOf = ({ answers, seconds }: Load.Measured): number => answers / seconds

/** Paths are read in turn. Throws when any answer was refused or lost: another rate than the one that is wanted would be measured. */
export const read = async (
  { pid, url }: Contenders.Running,
  paths: ReadonlyArray<string>,
  seconds: number,
): Promise<Measured> => {
  const before = Processor.secondsOf(pid)
  const measured = await Load.put(url, { connections: CONNECTIONS, bodies: paths, answer: "read", seconds })
  const after = Processor.secondsOf(pid)
  if (measured.refused + measured.broken > 0)
    throw new Error(`${measured.refused} readings refused and ${measured.broken} broken`)
  return { ...measured, us: before === null || after === null ? null : ((after - before) / measured.answers) * 1e6 }
}
