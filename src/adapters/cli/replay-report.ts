/** How a replay is printed: a few lines for people, one JSON object for programs. */
import { LINES_MAX } from "../../domain/order-lines.ts"
import { json as jsonOf, printable } from "./printable.ts"
import type { Report } from "./replay.ts"

/** Problems printed for people; `--json` has all of them. */
const PROBLEMS_TOLD = 20

const list = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const printed = lines.slice(0, PROBLEMS_TOLD).map((line) => `  - ${printable(line)}`)
  return lines.length > PROBLEMS_TOLD ? [...printed, `  - and ${lines.length - PROBLEMS_TOLD} more`] : printed
}

export const text = (report: Report): string =>
  [
    `${report.ordersPerSecond} orders/s   p50 ${report.p50} ms   p95 ${report.p95} ms   p99 ${report.p99} ms`,
    `orders   ${report.orders}   over ${report.products} products in ${report.seconds} s`,
    ...(report.split > 0
      ? [`split    ${report.split} baskets of more than ${LINES_MAX} products, each several orders`]
      : []),
    `placed   ${report.placed}`,
    `refused  ${report.refused}`,
    `failed   ${report.failed}`,
    ...list(report.failures),
    `audit    ${report.audit === "clean" ? "clean" : `violated, ${report.problems.length} problems`}`,
    ...list(report.problems),
  ].join("\n")

export const json = (report: Report): string => jsonOf(report)

/** A replay is good when every order was answered and the books are in order; refusals are answers. */
export const isGood = (report: Report): boolean => report.failed === 0 && report.audit === "clean"
