/** How the report looks: on a phone, in light and in dark. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d1d1f; --soft: #6b6b70; --line: #dcdad4; --ours: #b3541e; --bad: #b3261e; --good: #2c6e49;
  --c1: #3b6f8c; --c2: #6a8f3c; --c3: #8a6bb0; --s0: #9db4c0; --s1: #5c7f91; --s2: #253f4b; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181a; --ink: #ececec; --soft: #9a9aa0; --line: #34353a; --ours: #f0a070; --bad: #ff8a80; --good: #7fd1a0;
  --c1: #79b0d0; --c2: #a5c878; --c3: #c0a5e0; --s0: #4d6570; --s1: #86a9ba; --s2: #d7e6ee; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Apple SD Gothic Neo", "Noto Sans KR", sans-serif; word-break: keep-all; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav { position: sticky; top: 0; z-index: 1; display: flex; gap: .4rem; justify-content: flex-end; padding: .5rem 1rem; background: var(--paper); border-bottom: 1px solid var(--line); }
nav input { position: absolute; opacity: 0; } nav label { padding: .2rem .7rem; border-radius: 1rem; cursor: pointer; }
nav input:checked + label { background: var(--ink); color: var(--paper); } nav input:focus-visible + label { outline: 2px solid var(--ours); }
body:has(#en:checked) .ko, body:has(#ko:checked) .en { display: none; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
.note { color: var(--soft); font-size: .9rem; margin: .4rem 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); } th { color: var(--soft); font-weight: 500; }
code { font: .9em ui-monospace, monospace; white-space: nowrap; } details { margin: .6rem 0; } summary { cursor: pointer; }
figure { margin: 2rem 0; max-width: 40rem; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 13px; } svg .tick, svg .value { fill: var(--soft); font-size: 12px; } svg .ours { fill: var(--ours); font-weight: 700; }
.grid { stroke: var(--line); } .range { stroke: var(--line); stroke-width: 3; }
svg .s0 { fill: var(--s0); } svg .s1 { fill: var(--s1); } svg .s2, svg .s3, svg .s4 { fill: var(--s2); }
polyline { fill: none; stroke-width: 2.5; } polyline.c0, svg .c0 { stroke: var(--ours); } svg .c1 { stroke: var(--c1); } svg .c2 { stroke: var(--c2); } svg .c3 { stroke: var(--c3); }
circle.c0, i.c0 { fill: var(--ours); background: var(--ours); } circle.c1, i.c1 { fill: var(--c1); background: var(--c1); } circle.c2, i.c2 { fill: var(--c2); background: var(--c2); } circle.c3, i.c3 { fill: var(--c3); background: var(--c3); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 2rem; } .pair figure { margin: 1rem 0; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .3rem 0; color: var(--soft); font-size: .85rem; }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .35rem; }
i.s0 { background: var(--s0); } i.s1 { background: var(--s1); } i.s2, i.s3, i.s4 { background: var(--s2); }
@media (max-width: 40rem) { .cards thead { display: none; } .cards td { display: block; border: 0; padding: .1rem 0; } .cards tr { display: block; padding: .7rem 0; border-bottom: 1px solid var(--line); } .cards td:first-child { font-weight: 700; } }
.bad { color: var(--bad); } .good { color: var(--good); }
`
