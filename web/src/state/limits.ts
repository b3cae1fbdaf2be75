// Limits as the box tells them, more of today, and what was heard. The week is the parents' settings.
import { ref, shallowRef } from 'vue'
import { api, command, read } from '@/wire/http'
import type { Hours, LoudHours, Settings, Statistics } from '@/wire/types'
import { send } from './core'
import { complain } from './notices'

export const DAYS = [0, 1, 2, 3, 4, 5, 6] as const

/** What is chosen for a day of the week. */
export interface DayLimits {
  minutes: number | null
  bedtime: Hours | null
  quiet: Hours[]
  loud: LoudHours[]
}

export const giveMore = (minutes: number) => send((signal, client_op_id) => api.POST('/api/limits/more', { body: { minutes, client_op_id }, signal }))

export function limitsOf(settings: Settings, day: number): DayLimits {
  return {
    minutes: settings.daily_minutes[day] ?? null,
    bedtime: settings.bedtime[day] ?? null,
    quiet: [...(settings.quiet_hours[day] ?? [])],
    loud: [...(settings.volume_by_hour[day] ?? [])],
  }
}

/** The settings in which these days have those limits. */
export function withLimits(settings: Settings, days: readonly number[], chosen: DayLimits) {
  const put = <T>(week: readonly T[], value: T) => week.map((each, day) => (days.includes(day) ? value : each))
  return {
    daily_minutes: put(settings.daily_minutes, chosen.minutes),
    bedtime: put(settings.bedtime, chosen.bedtime),
    quiet_hours: put<readonly Hours[]>(settings.quiet_hours, chosen.quiet) as Hours[][],
    volume_by_hour: put<readonly LoudHours[]>(settings.volume_by_hour, chosen.loud) as LoudHours[][],
  }
}

const minute = (clock: string) => 60 * Number(clock.slice(0, 2)) + Number(clock.slice(3))

/** Which parts of a day, in shares of it, these hours take: what ends the next day begins there at midnight. */
export function parts(week: readonly (readonly Hours[])[], day: number): { at: number; length: number }[] {
  const found: { at: number; length: number }[] = []
  for (const { from, to } of week[day] ?? []) found.push({ at: minute(from), length: (minute(to) > minute(from) ? minute(to) : 1440) - minute(from) })
  for (const { from, to } of week[(day + 6) % 7] ?? []) if (minute(to) <= minute(from) && minute(to) > 0) found.push({ at: 0, length: minute(to) })
  return found.map(({ at, length }) => ({ at: at / 1440, length: length / 1440 }))
}

// --- what was heard --------------------------------------------------------------------------------------------------

export const statistics = shallowRef<Statistics | null>(null)
export const shownDays = ref(30)

export async function loadStatistics(): Promise<void> {
  statistics.value = await read((signal) => api.GET('/api/stats', { params: { query: { days: shownDays.value } }, signal }))
}

export async function forgetStatistics(): Promise<boolean> {
  try {
    await command((signal) => api.DELETE('/api/stats', { signal }))
    await loadStatistics()
    return true
  } catch (error) {
    complain(error)
    return false
  }
}
