import { describe, expect, it, vi } from "vitest";

import { Scope, ScopeEnded } from "./scope";

describe("a scope", () => {
  it("gives back in the opposite order, and once", () => {
    const order: number[] = [];
    const scope = new Scope();
    scope.onEnd(() => order.push(1));
    scope.onEnd(() => order.push(2));
    scope.end();
    scope.end();
    expect(order).toEqual([2, 1]);
  });

  it("gives back at once what comes too late", () => {
    const scope = new Scope();
    scope.end();
    const end = vi.fn();
    scope.onEnd(end);
    expect(end).toHaveBeenCalledOnce();
  });

  it("gives back the rest where one of it fails", () => {
    const scope = new Scope();
    const first = vi.fn();
    scope.onEnd(first);
    scope.onEnd(() => {
      throw new Error("the last");
    });
    expect(() => scope.end()).toThrow("the last");
    expect(first).toHaveBeenCalledOnce();
  });

  it("lets go of a node that was taken off everything before, and of no fault else", () => {
    const scope = new Scope();
    const fails = (name: string) => ({
      connect: vi.fn(),
      disconnect: () => {
        throw new DOMException("not connected", name);
      },
    });
    scope.connect(fails("InvalidAccessError") as unknown as AudioNode, {} as AudioNode);
    expect(() => scope.end()).not.toThrow();
    const other = new Scope();
    other.connect(fails("InvalidStateError") as unknown as AudioNode, {} as AudioNode);
    expect(() => other.end()).toThrow("not connected");
  });

  it("no longer listens when it is over", () => {
    const scope = new Scope();
    const target = new EventTarget();
    const heard = vi.fn();
    scope.on(target, "ring", heard);
    target.dispatchEvent(new Event("ring"));
    scope.end();
    target.dispatchEvent(new Event("ring"));
    scope.on(target, "ring", heard);
    target.dispatchEvent(new Event("ring"));
    expect(heard).toHaveBeenCalledOnce();
  });

  it("calls its timers off", () => {
    vi.useFakeTimers();
    const scope = new Scope();
    const [once, often, never] = [vi.fn(), vi.fn(), vi.fn()];
    scope.after(10, once);
    scope.every(10, often);
    scope.after(10, never)();
    vi.advanceTimersByTime(25);
    scope.after(10, never);
    scope.end();
    vi.advanceTimersByTime(100);
    expect(once).toHaveBeenCalledOnce();
    expect(often).toHaveBeenCalledTimes(2);
    expect(never).not.toHaveBeenCalled();
    vi.useRealTimers();
  });

  it("tells whoever waits that it is over", async () => {
    const scope = new Scope();
    const waiting = scope.wait(60_000);
    scope.end();
    await expect(waiting).rejects.toBeInstanceOf(ScopeEnded);
    await expect(scope.wait(0)).rejects.toBeInstanceOf(ScopeEnded);
  });

  it("ends its children, and forgets those that ended before", () => {
    const scope = new Scope();
    const [first, second] = [scope.child(), scope.child()];
    const ended = vi.fn();
    first.onEnd(ended);
    second.onEnd(ended);
    first.end();
    expect(scope.isOver).toBe(false);
    scope.end();
    expect(second.isOver).toBe(true);
    expect(ended).toHaveBeenCalledTimes(2);
  });
});
