/**
 * What a suite needs and this machine lacks: one loud line, and the suite is left out (`describe.skipIf`); with CI=true a
 * failure, because there everything is installed.
 */
import { spawnSync } from "node:child_process"

/** True: the suite called `what` cannot run here. `lacking`: what is not there. */
export const leaveOut = (what: string, lacking: ReadonlyArray<string>): boolean => {
  if (lacking.length === 0) return false
  const line = `NOT TESTED: ${what}, because there is no ${lacking.join(", no ")}`
  if (process.env["CI"] === "true") throw new Error(line)
  console.warn(line)
  return true
}

/** Those of the programs that are not on the path. */
export const absent = (...programs: ReadonlyArray<string>): ReadonlyArray<string> =>
  programs.filter((each) => spawnSync("sh", ["-c", `command -v ${each}`]).status !== 0)

/** Namespaces can be made only by root, and only on Linux. */
export const noRoot = (): ReadonlyArray<string> =>
  process.platform === "linux" && process.getuid?.() === 0 ? [] : ["root on Linux"]
