/** Plots as inline SVG: a row a guard, a dot for each measurement, a scale by powers of ten. No script, colours from the page. */

export interface Dot {
  readonly value: number
  /** Which of the legend. */
  readonly series: number
}

export interface Row {
  readonly name: string
  readonly dots: ReadonlyArray<Dot>
}

/** As wide as a phone, so that its letters are as large as the page's. */
const WIDTH = 430
const ROW = 26
const LEFT = 158
const RIGHT = 56
const TOP = 22

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

export const shown = (value: number): string =>
  value >= 1_000
    ? Math.round(value).toLocaleString("en-US")
    : value >= 10
      ? value.toFixed(0)
      : String(Number(value.toPrecision(2)))

/** Powers of ten around all values. */
const scaleOf = (values: ReadonlyArray<number>) => {
  const least = Math.floor(Math.log10(Math.min(...values)))
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))))
  const x = (value: number) => LEFT + ((Math.log10(value) - least) / (most - least)) * (WIDTH - LEFT - RIGHT)
  const ticks = Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index))
  return { x, ticks }
}

/** Best first; `best`: whether more or less of it is better. Nothing, if there is nothing above zero. */
export const dots = (title: string, rows: ReadonlyArray<Row>, best: "most" | "least"): string => {
  const last = ({ dots }: Row) => dots.at(-1)!.value
  const drawn = rows
    .map(({ dots, name }) => ({ name, dots: dots.filter(({ value }) => value > 0) }))
    .filter(({ dots }) => dots.length > 0)
    .toSorted((a, b) => (best === "most" ? last(b) - last(a) : last(a) - last(b)))
  if (drawn.length === 0) return ""
  const { ticks, x } = scaleOf(drawn.flatMap(({ dots }) => dots.map(({ value }) => value)))
  const height = TOP + drawn.length * ROW + 6
  const grid = ticks.map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="${TOP - 4}" y2="${height}" class="grid"/><text x="${x(tick)}" y="12" text-anchor="middle" class="tick">${shown(tick)}</text>`,
  )
  const lines = drawn.map(({ dots, name }, index) => {
    const y = TOP + index * ROW + ROW / 2
    const places = dots.map(({ value }) => x(value))
    const range = `<line x1="${Math.min(...places).toFixed(1)}" x2="${Math.max(...places).toFixed(1)}" y1="${y}" y2="${y}" class="range"/>`
    const circles = dots.map(
      ({ series, value }) => `<circle cx="${x(value).toFixed(1)}" cy="${y}" r="${4 + series}" class="s${series}"/>`,
    )
    const label = `<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end"${name === "actors" ? ' class="ours"' : ""}>${escaped(name)}</text>`
    const value = `<text x="${(Math.max(...places) + 12).toFixed(1)}" y="${y + 4}" class="value">${shown(dots.at(-1)!.value)}</text>`
    return label + range + circles.join("") + value
  })
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">${grid.join("")}${lines.join("")}</svg>`
}
