// For pages that show the settings: they are loaded when the page opens, and again when the PIN has been entered.
import { onMounted, ref, watch } from 'vue'
import { complain } from '@/state/notices'
import { locked } from '@/state/pin'
import { loadSettings, settings } from '@/state/session'

export function useSettings() {
  const failed = ref(false)
  async function load(): Promise<void> {
    failed.value = false
    try {
      await loadSettings()
    } catch (error) {
      failed.value = true
      if (!locked.value) complain(error)
    }
  }
  onMounted(load)
  watch(locked, (now) => now || settings.value !== null || void load())
  return { failed, load }
}
