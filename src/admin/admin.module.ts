import { Module } from '@nestjs/common';
import { Dashboard } from './dashboard';

/** The admin dashboard. */
@Module({ providers: [Dashboard] })
export class AdminModule {}
