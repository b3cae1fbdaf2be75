// A cover from an id: two hues, one of six paper-cut motifs. The same id gives the same picture everywhere.

export interface Shape {
  readonly kind: 'circle' | 'path'
  readonly fill: string
  readonly attrs: Readonly<Record<string, string | number>>
}
export interface CoverDrawing {
  readonly paper: string
  readonly deep: string // a dark colour of the same family, for what glows behind the cover
  readonly shapes: readonly Shape[]
}

function chance(id: string): () => number {
  let h = 2166136261
  for (let i = 0; i < id.length; i++) h = Math.imul(h ^ id.charCodeAt(i), 16777619) >>> 0
  return () => {
    h = Math.imul(h ^ (h >>> 15), 2246822507) >>> 0
    h = Math.imul(h ^ (h >>> 13), 3266489909) >>> 0
    h = (h ^ (h >>> 16)) >>> 0
    return (h >>> 8) / 16777216
  }
}

const round = (n: number) => Math.round(n * 10) / 10

export function drawCover(id: string): CoverDrawing {
  const r = chance(id)
  const a = Math.floor(r() * 360)
  const b = Math.floor(a + 35 + r() * 110) % 360
  const paper = `hsl(${a} 44% 79%)`
  const mid = `hsl(${b} 46% 60%)`
  const strong = `hsl(${a} 38% 48%)`
  const light = `hsl(${b} 58% 91%)`
  const shapes: Shape[] = []
  const circle = (cx: number, cy: number, radius: number, fill: string) =>
    shapes.push({ kind: 'circle', fill, attrs: { cx: round(cx), cy: round(cy), r: round(radius) } })
  const path = (d: string, fill: string) => shapes.push({ kind: 'path', fill, attrs: { d } })

  switch (Math.floor(r() * 6)) {
    case 0: { // hills under a sun
      circle(28 + r() * 44, 26 + r() * 12, 12 + r() * 4, light)
      for (let i = 0; i < 3; i++) {
        const y = 54 + i * 15
        const [left, crest, right] = [round(y + 8 * r()), round(y - 18 * r()), round(y - 9 * r())]
        path(`M-2 ${left}Q25 ${crest} 50 ${y}T102 ${right}V102H-2Z`, [mid, strong, `hsl(${b} 40% 42%)`][i]!)
      }
      break
    }
    case 1: { // a rainbow
      const x = 40 + r() * 20
      const colours = [strong, mid, light, mid]
      for (let i = 0; i < 4; i++) circle(x, 100, 78 - i * 18, colours[i]!)
      circle(x, 100, 12, paper)
      circle(16 + r() * 68, 12 + r() * 8, 5, light)
      break
    }
    case 2: { // a night with a moon
      const [x, y, turn] = [round(58 + r() * 14), round(30 + r() * 8), r() < 0.5]
      for (let i = 0; i < 12; i++) {
        const [sx, sy, size] = [r() * 96 + 2, r() * 60, 0.9 + r() * 1.4]
        if (Math.hypot(sx - x, sy - y) > 24) circle(sx, sy, size, light)
      }
      const [top, tip] = turn ? [x + 7, x + 15] : [x - 7, x - 15]
      path(`M${top} ${y - 15}A17 17 0 1 ${turn ? 0 : 1} ${tip} ${y + 8}A13 13 0 1 ${turn ? 1 : 0} ${top} ${y - 15}Z`, light)
      path('M-2 80Q22 62 50 76T102 70V102H-2Z', mid)
      path('M-2 92Q30 78 56 88T102 84V102H-2Z', strong)
      break
    }
    case 3: { // leaves
      const turn = r() < 0.5
      for (let i = 0; i < 4; i++) {
        const [x, y] = [(i % 2) * 50, Math.floor(i / 2) * 50]
        const leaning = (i % 2 === Math.floor(i / 2)) === turn
        const d = leaning
          ? `M${x + 6} ${y + 44}V${y + 25}a19 19 0 0 1 19-19H${x + 44}V${y + 25}a19 19 0 0 1-19 19Z`
          : `M${x + 6} ${y + 6}H${x + 25}a19 19 0 0 1 19 19V${y + 44}H${x + 25}a19 19 0 0 1-19-19Z`
        path(d, [mid, strong, strong, mid][i]!)
        circle(x + 25, y + 25, 5, light)
      }
      break
    }
    case 4: { // a boat on the sea
      const x = round(36 + r() * 20)
      circle(x < 46 ? 82 : 14, 18 + r() * 6, 7 + r() * 2, light)
      path(`M${x} 66V26L${x + 26} 60H${x}Z`, light)
      path(`M${x - 4} 60V36L${x - 20} 60Z`, mid)
      path(`M${x - 24} 64H${x + 30}L${x + 20} 80H${x - 15}Z`, strong)
      path('M-2 80Q10 72 22 80T48 80T74 80T102 80V102H-2Z', `hsl(${b} 40% 46%)`)
      path('M-2 91Q12 84 26 91T54 91T82 91T110 91V102H-2Z', mid)
      break
    }
    default: { // houses
      circle(14 + r() * 60, 18, 8, light)
      for (let i = 0; i < 4; i++) {
        const x = -2 + i * 26
        const top = round(44 + r() * 22)
        path(`M${x} 102V${top}L${x + 13} ${round(top - 13)}L${x + 26} ${top}V102Z`, i % 2 ? mid : strong)
        circle(x + 13, top + 9, 3.4, light)
      }
    }
  }
  return { paper, deep: `hsl(${a} 34% 26%)`, shapes }
}
