import { EventEmitter } from 'node:events';
import { onceClosed } from './once-closed';

describe('onceClosed', () => {
  it('calls when it closes, or at once when it has closed before', () => {
    const calls: string[] = [];
    const open = new EventEmitter();
    onceClosed(open, () => calls.push('open'));
    onceClosed(Object.assign(new EventEmitter(), { closed: true }), () => calls.push('closed'));
    onceClosed(Object.assign(new EventEmitter(), { destroyed: true }), () => calls.push('destroyed'));
    expect(calls).toEqual(['closed', 'destroyed']);
    open.emit('close');
    open.emit('close');
    expect(calls).toEqual(['closed', 'destroyed', 'open']);
  });
});
