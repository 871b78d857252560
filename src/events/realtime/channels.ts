import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { newId } from '../../common/ids';
import { MAX_NOTIFICATION_BYTES, Notifications } from '../../database/notifications';
import { tooLarge } from '../../common/errors';

const CHANNEL = 'realtime';
/** How often each replica reports its members; a replica that is silent for three times as long counts as gone. */
const BEAT_MS = 5_000;
const GONE_MS = 15_000;

export type PresenceState = Readonly<Record<string, unknown>>;

/** A member of a channel. */
export interface Member {
  readonly id: string;
  readonly state: PresenceState;
}

/** Receives the events of a channel. */
export interface ChannelListener {
  readonly memberId: string;
  onMember(change: 'join' | 'update' | 'leave', member: Member): void;
  onBroadcast(from: string, event: string, payload: unknown): void;
}

/** Between replicas: `p` presence, `l` left, `b` broadcast, `?` request for members. `r` is the sending replica. */
type Wire =
  | { readonly k: 'p'; readonly r: string; readonly c: string; readonly m: string; readonly s: PresenceState }
  | { readonly k: 'l'; readonly r: string; readonly c: string; readonly m: string }
  | {
      readonly k: 'b';
      readonly r: string;
      readonly c: string;
      readonly m: string;
      readonly e: string;
      readonly d: unknown;
    }
  | { readonly k: '?'; readonly r: string; readonly c: string };

interface Seen extends Member {
  readonly replica: string;
  seenAt: number;
}

class Channel {
  readonly listeners = new Map<string, { listener: ChannelListener; state: PresenceState }>();
  readonly members = new Map<string, Seen>();
}

/**
 * Presence and broadcast, across replicas. It is never stored, because it concerns only connected clients. A channel's
 * name contains its project, so that projects are isolated.
 */
@Injectable()
export class Channels implements OnModuleInit, OnModuleDestroy {
  private readonly replica = newId();
  private readonly channels = new Map<string, Channel>();
  private stop: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly notifications: Notifications) {}

  onModuleInit(): void {
    this.stop = this.notifications.listen(CHANNEL, (payload) => this.received(JSON.parse(payload) as Wire));
    this.timer = setInterval(() => this.heartbeat(), BEAT_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.stop();
  }

  /** Returns the present members, including the new one; members of other replicas are reported as these answer. */
  join(name: string, listener: ChannelListener, state: PresenceState): Member[] {
    const channel = this.channels.get(name) ?? new Channel();
    this.send({ k: 'p', r: this.replica, c: name, m: listener.memberId, s: state });
    channel.listeners.set(listener.memberId, { listener, state });
    this.channels.set(name, channel);
    this.upsertMember(channel, { id: listener.memberId, state, replica: this.replica, seenAt: performance.now() });
    this.send({ k: '?', r: this.replica, c: name });
    return [...channel.members.values()].map(({ id, state: theirs }) => ({ id, state: theirs }));
  }

  update(name: string, memberId: string, state: PresenceState): boolean {
    const own = this.channels.get(name)?.listeners.get(memberId);
    if (!own) return false;
    this.send({ k: 'p', r: this.replica, c: name, m: memberId, s: state });
    own.state = state;
    return true;
  }

  leave(name: string, memberId: string): boolean {
    const channel = this.channels.get(name);
    if (!channel?.listeners.delete(memberId)) return false;
    this.send({ k: 'l', r: this.replica, c: name, m: memberId });
    if (channel.listeners.size === 0) this.channels.delete(name);
    return true;
  }

  /** Sends to all others in the channel. Throws `too_large` beyond the limit of a notification. */
  broadcast(name: string, from: string, event: string, payload: unknown): boolean {
    if (!this.channels.get(name)?.listeners.has(from)) return false;
    this.send({ k: 'b', r: this.replica, c: name, m: from, e: event, d: payload });
    return true;
  }

  private send(message: Wire): void {
    const payload = JSON.stringify(message);
    // The envelope quotes it again.
    if (Buffer.byteLength(JSON.stringify(payload)) > MAX_NOTIFICATION_BYTES) {
      throw tooLarge(
        `A message to a channel has at most about ${MAX_NOTIFICATION_BYTES} bytes; publish an event instead.`,
      );
    }
    this.notifications.notify(CHANNEL, payload);
  }

  private received(message: Wire): void {
    const channel = this.channels.get(message.c);
    if (!channel) return;
    if (message.k === '?') {
      if (message.r !== this.replica) this.announce(message.c, channel);
    } else if (message.k === 'b') {
      for (const { listener } of channel.listeners.values()) {
        if (listener.memberId !== message.m) listener.onBroadcast(message.m, message.e, message.d);
      }
    } else if (message.k === 'l') {
      this.removeMember(channel, message.m);
    } else {
      this.upsertMember(channel, { id: message.m, state: message.s, replica: message.r, seenAt: performance.now() });
    }
  }

  private upsertMember(channel: Channel, member: Seen): void {
    const known = channel.members.get(member.id);
    channel.members.set(member.id, member);
    if (known && JSON.stringify(known.state) === JSON.stringify(member.state)) return;
    this.notifyListeners(channel, known ? 'update' : 'join', member);
  }

  private removeMember(channel: Channel, id: string): void {
    const known = channel.members.get(id);
    if (!known) return;
    channel.members.delete(id);
    this.notifyListeners(channel, 'leave', known);
  }

  private notifyListeners(channel: Channel, change: 'join' | 'update' | 'leave', { id, state }: Member): void {
    for (const { listener } of channel.listeners.values()) {
      if (listener.memberId !== id) listener.onMember(change, { id, state });
    }
  }

  private announce(name: string, channel: Channel): void {
    for (const [memberId, { state }] of channel.listeners) {
      this.send({ k: 'p', r: this.replica, c: name, m: memberId, s: state });
    }
  }

  private heartbeat(): void {
    const deadline = performance.now() - GONE_MS;
    for (const [name, channel] of this.channels) {
      this.announce(name, channel);
      for (const member of channel.members.values()) {
        if (member.replica !== this.replica && member.seenAt < deadline) this.removeMember(channel, member.id);
      }
    }
  }
}
