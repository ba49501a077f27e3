/**
 * Counts a run: `count.js REPORT CHECK TESTS`, the JSON report of Vitest and the exit codes of the check and the tests.
 * Prints the last line of `.ci/run` and exits with 1 if anything failed, also what no test stands for: a check, a file
 * that cannot be loaded, an error nobody caught, a run without tests.
 */
import { readFileSync } from "node:fs"

const [report, check, tests] = process.argv.slice(2)

const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  }
}

const result = read(report)
const passed = result.numPassedTests
const skipped = result.numPendingTests + result.numTodoTests
let failed = result.numFailedTests

const also = (count, what) => {
  if (count === 0) return
  console.error(`failed: ${what}`)
  failed += count
}

const unloaded = result.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
also(unloaded.length, `files that could not be loaded: ${unloaded.map((file) => file.name).join(", ")}`)
also(check === "0" ? 0 : 1, "npm run check")
if (failed === 0) also(passed === 0 ? 1 : 0, "no test has run")
if (failed === 0) also(tests === "0" ? 0 : 1, `npm test ended with ${tests} although no test failed`)

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`)
process.exitCode = failed === 0 ? 0 : 1
