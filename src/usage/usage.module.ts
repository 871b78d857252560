import { Global, Module } from '@nestjs/common';
import { QuotasRepository } from './quotas.repository';
import { UsageKeeper } from './usage-keeper';
import { UsageMeter } from './usage-meter';
import { UsageMetrics } from './usage-metrics';
import { UsageSampler } from './usage-sampler';
import { UsageController } from './usage.controller';
import { UsageRepository } from './usage.repository';
import { UsageService } from './usage.service';

/** What each project uses, by day, and how much it may. Whoever does something that counts tells the meter. */
@Global()
@Module({
  controllers: [UsageController],
  providers: [UsageMeter, UsageRepository, QuotasRepository, UsageMetrics, UsageKeeper, UsageSampler, UsageService],
  exports: [UsageMeter],
})
export class UsageModule {}
