/**
 * Counts a run: `count.js CHECK SUITE=EXIT=REPORT ...`, the exit codes of the check and of each suite, and each suite's JSON
 * report of Vitest. Prints the last line of `.ci/run` and exits with 1 if anything failed, also what no test stands for: a
 * check, a file that cannot be loaded, an uncaught error, a suite without tests.
 */
import { readFileSync } from "node:fs"

const NOTHING = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }

const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return NOTHING
  }
}

const [check, ...suites] = process.argv.slice(2)
let passed = 0
let failed = 0
let skipped = 0

const fail = (count, what) => {
  if (count === 0) return
  console.error(`failed: ${what}`)
  failed += count
}

fail(check === "0" ? 0 : 1, "npm run check")
if (suites.length === 0) fail(1, "no suite was run")
for (const suite of suites) {
  const [name, exit, report] = suite.split("=")
  const result = read(report)
  const unloaded = result.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
  const failedTests = result.numFailedTests + unloaded.length
  console.log(`${name}: ${result.numPassedTests} passed, ${failedTests} failed`)
  passed += result.numPassedTests
  failed += result.numFailedTests
  skipped += result.numPendingTests + result.numTodoTests
  fail(unloaded.length, `${name}: files that could not be loaded: ${unloaded.map((file) => file.name).join(", ")}`)
  if (failedTests > 0) continue
  if (result.numPassedTests === 0) fail(1, `${name}: no test has run`)
  else fail(exit === "0" ? 0 : 1, `${name} ended with ${exit} although no test failed`)
}

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`)
process.exitCode = failed === 0 ? 0 : 1
