/**
 * Listeners by the type of an event.
 * @module
 */

/** Removes a listener. */
export type Unsubscribe = () => void;

/** @typeParam Events The events by their types. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #all = new Set<(event: Events[keyof Events]) => void>();

  /** Calls a listener for every event of a type, until the returned function is called. */
  on<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
  ): Unsubscribe {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Calls a listener for every event of any type. */
  onAny(listener: (event: Events[keyof Events]) => void): Unsubscribe {
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  /**
   * Calls all listeners in the order in which they were added. A listener that throws does not keep the event from others
   * or break the client: its error is thrown again outside of it, where the runtime reports it.
   */
  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const listener of [...this.#listeners.get(type) ?? []]) call(listener, event as never);
    for (const listener of [...this.#all]) call(listener, event);
  }
}

function call<Event>(listener: (event: Event) => void, event: Event): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
