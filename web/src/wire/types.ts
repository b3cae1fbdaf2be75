// The box's objects under short names. What they are is said by the box itself (api.d.ts, events.d.ts).
import type { components } from './api'
import type { Told } from './events'

type Schemas = components['schemas']
export type { Told, Asked } from './events'
export type PlayerState = Schemas['PlayerState']
export type Track = Schemas['Track']
export type Chapter = Schemas['Chapter']
export type PlaylistLite = Schemas['PlaylistLite']
export type Playlist = Schemas['Playlist']
export type Tag = Schemas['TagAnswer']
export type TagAction = Schemas['TagAction']
export type Keys = Schemas['KeysAnswer']
export type KeyBinding = Schemas['BindingAnswer']
export type Speaker = Schemas['Speaker']
export type Settings = Schemas['SettingsAnswer']
export type Hours = Schemas['Hours']
export type LoudHours = Schemas['LoudHours']
export type Statistics = Schemas['StatisticsAnswer']
export type Health = Schemas['HealthStatus']
export type SystemInfo = Schemas['SystemInfo']
export type UpdateStatus = Schemas['UpdateStatus']
export type StorageUse = Schemas['StorageUse']
export type LogLine = Schemas['LogLine']
export type BinItem = Schemas['BinItem']
export type Finding = Schemas['Finding']
export type Video = Schemas['YouTubeVideo']
export type DownloadTask = Schemas['DownloadTask']
export type Machine = Schemas['MachineTable']
export type UploadSession = Schemas['UploadSession']
export type UploadStatus = Schemas['UploadStatus']
export type LinkSession = Schemas['LinkSession']

/** A message of the box, as it came over the socket. */
export type Message = { [Name in keyof Told]: { name: Name; data: Told[Name] } }[keyof Told]
