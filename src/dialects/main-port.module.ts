import { Module } from '@nestjs/common';
import { RestModule } from '../transports/rest/rest.module';
import { MainPort } from './main-port';

@Module({ imports: [RestModule], providers: [MainPort], exports: [MainPort] })
export class MainPortModule {}
