import { Global, Module } from '@nestjs/common';
import { Admission } from './admission';
import { WrongKeys } from './rates/wrong-keys';

@Global()
@Module({ providers: [Admission, WrongKeys], exports: [Admission, WrongKeys] })
export class AdmissionModule {}
